import Foundation
import Glibc
import Postgres
import QueueTestKit
import Testing

@testable import PostgresStore

/// Servers that go away while commands run: nothing is lost, nothing is done twice, a worker goes on.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct InterruptionTests {
  /// Works on items while a server is disturbed, and more are added; `disturb` is called again and again until it
  /// says false.
  private func work(
    through server: PostgresServer, _ disturb: (Int) -> Bool
  ) throws {
    let address = server.newAddress()
    let commands = Commands()
    let first = (1...300).map { "i\($0)" }
    #expect(try commands.enqueue(first.joined(separator: " "), at: address).status == 0)
    let ran = commands.directory + "/ran"
    let work = [
      "q-work", "-j", "4", "--", "sh", "-c", "echo \"$1\" >> '\(ran)'; sleep 0.2", "sh",
    ]
    let worker = commands.start(work, at: address)
    // One that cannot even begin says so, and ends.
    #expect(becomesTrue(within: 60) { access(ran, F_OK) == 0 })
    let second = (1...30).map { "j\($0)" }
    let adding = Adding(address, second)
    var round = 0
    while disturb(round) { round += 1 }
    #expect(adding.waitForEnd())
    let result = worker.result()
    #expect(result.status == 0, "\(result.error)")
    // What was added once it had nothing left.
    let rest = try commands.run(work, at: address)
    #expect(rest.status == 0, "\(rest.error)")
    let lines = try String(contentsOfFile: ran, encoding: .utf8).split(separator: "\n").map {
      String($0)
    }
    #expect(lines.sorted() == (first + second).sorted(), "\(result.error)")
    let counts = try commands.run(["q-stats", "--json"], at: address)
    #expect(counts.output.contains(#""done":330"#), "\(counts.output) \(result.error)")
  }

  @Test func `sessions are ended again and again`() throws {
    let server = PostgresServer()
    defer { server.end() }
    try work(through: server) { round in
      server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
          + "backend_type = 'client backend'")
      usleep(UInt32.random(in: 1_000...300_000))
      return round < 40
    }
  }

  @Test(arguments: [SIGINT, SIGQUIT])
  func `the server is started again`(_ signal: Int32) throws {
    let server = PostgresServer()
    defer { server.end() }
    try work(through: server) { round in
      usleep(UInt32.random(in: 300_000...900_000))
      server.signal(signal)
      server.wait()
      usleep(UInt32.random(in: 1_000...1_500_000))
      server.start()
      return round < 4
    }
  }
}

extension InterruptionTests {
  @Test func `a store that is away never looks unchanged, and is found again`() throws {
    let server = PostgresServer()
    defer { server.end() }
    let address = server.newAddress()
    let store = try NewStore.open(address, create: true, nil).ordered
    #expect(store.revision == store.revision)
    server.signal(SIGINT)
    server.wait()
    #expect(store.revision != store.revision)
    for verb in [["q-stats"], ["q-enqueue"], ["q-work", "--", "true"]] {
      let result = try Commands().run(verb, at: address, input: "x\n")
      #expect(result.status == 75, "\(verb): \(result.error)")
    }
    server.start()
    #expect(store.revision == store.revision)
  }

  @Test func `a server that has no connection left is tried again`() throws {
    let server = PostgresServer(["max_connections=6", "superuser_reserved_connections=0"])
    defer { server.end() }
    let address = server.newAddress()
    let commands = Commands()
    #expect(try commands.enqueue("a", at: address).status == 0)
    var held: [Connection] = []
    let location = try StoreLocation(String(address.dropFirst("postgres:".count)))
    while held.count < 20, let one = try? Connection(location.options) { held.append(one) }
    let full = try commands.enqueue("b", at: address)
    #expect(full.status == 75, "\(full.error)")
    #expect(full.error.contains("max_connections"), "\(full.error)")
    held = []
    #expect(try commands.insist(onEnqueueing: "b", at: address).status == 0)
    #expect(try commands.run(["q-work", "--", "true"], at: address).status == 0)
  }
}

/// Adds items, a command each, until each has said that it did.
private final class Adding: Sendable {
  private let isOver = DispatchSemaphore(value: 0)

  init(_ address: String, _ ids: [String]) {
    Thread.detachNewThread { [isOver] in
      let own = Commands()
      for id in ids {
        let result = try? own.insist(onEnqueueing: id, at: address)
        if result?.status != 0 {
          Issue.record("\(id): \(result?.error ?? "nothing was run")")
        }
      }
      isOver.signal()
    }
  }

  func waitForEnd() -> Bool { isOver.wait(timeout: .now() + 200) == .success }
}
