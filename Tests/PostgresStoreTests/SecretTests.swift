import Foundation
import Glibc
import QueueTestKit
import Testing

/// A password in an address: it opens the store, and nobody sees it.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct SecretTests {
  @Test func `a password is in nothing that commands say`() throws {
    let server = PostgresServer()
    defer { server.end() }
    server.psql("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'opensesame'")
    let file = server.directory + "/data/pg_hba.conf"
    try "local all keeper scram-sha-256\nlocal all all trust\n".write(
      toFile: file, atomically: false, encoding: .utf8)
    server.signal(SIGHUP)
    let isRead = becomesTrue(within: 10) {
      server.query("SELECT count(*) FROM pg_hba_file_rules") == "2\n"
    }
    #expect(isRead)
    let addresses = [
      server.address("s", user: "keeper:opensesame"),
      server.address("s", user: "keeper") + "&password=opensesame",
    ]
    let commands = Commands()
    var said = ""
    for address in addresses {
      let worker = commands.start(["q-work", "--follow", "--", "true"], at: address)
      for words in [
        ["q-enqueue"], ["q-wait", "--timeout", "60"], ["q-stats"], ["q-stats", "--json"],
        ["q-stats", "--all", "--json"], ["q-list", "--json"], ["q-show", "a"], ["q-check"],
        ["q-work", "--dry-run", "--", "true"], ["q-work", "--help"], ["q-stats", "--help"],
        ["q", "--version"], ["q-show", "none"], ["q-config", "nothing=1"],
      ] {
        let result = try commands.run(words, at: address, input: "a\nb\n")
        #expect(result.status != 77, "\(words): \(result.error)")
        said += result.output + result.error
      }
      server.signal(SIGINT)
      server.wait()
      _ = becomesTrue(within: 60) { worker.error.contains("trying again") }
      let away = try commands.enqueue("c", at: address)
      #expect(away.status == 75)
      server.start()
      worker.process.send(SIGTERM)
      let result = worker.result()
      #expect(result.status == -SIGTERM, "\(result.error)")
      said += result.error + away.error
    }
    #expect(said.contains("postgres://keeper@/q?host="))
    #expect(!said.contains("opensesame"))
  }
}
