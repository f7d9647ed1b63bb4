import Foundation
import Glibc
import QueueTestKit
import Testing

/// A pooler in between, which gives each transaction another process of the server.
@Suite(.enabled(if: Pooler.isThere, "pgbouncer is not installed, or there is no server"))
struct PoolerTests {
  @Test func `all commands work through a pooler`() throws {
    let server = PostgresServer.shared
    let pooler = try Pooler(server)
    let address = pooler.address("pooled")
    let commands = Commands()
    let added = try commands.run(
      ["q-enqueue", "--quiet"], at: address,
      input: (1...50).map { "i\($0)\n" }.joined())
    #expect(added.status == 0, "\(added.error)")
    // A worker that waits looks by itself: nobody notifies it.
    let worker = commands.start(["q-work", "--follow", "-j", "4", "--", "true"], at: address)
    var waited = try commands.run(["q-wait", "--timeout", "60"], at: address)
    #expect(waited.status == 0, "\(waited.error) \(worker.error)")
    #expect(try commands.enqueue("late", at: address).status == 0)
    waited = try commands.run(["q-wait", "--timeout", "60"], at: address)
    #expect(waited.status == 0, "\(waited.error) \(worker.error)")
    let counts = try commands.run(["q-stats", "--json"], at: address)
    #expect(counts.output.contains(#""done":51"#), "\(counts.output) \(counts.error)")
    #expect(try commands.run(["q-check"], at: address).status == 0)
    worker.process.send(SIGTERM)
    let result = worker.result()
    #expect(result.status == -SIGTERM, "\(result.error)")
    #expect(!result.error.contains("trying again"), "\(result.error)")
    // Sessions are others' as well: nothing of ours is left in them, not even by the worker's guard.
    for _ in 0..<6 {
      let left = pooler.query(
        """
        SELECT current_setting('synchronous_commit') || current_setting('enable_seqscan')
          || current_setting('lock_timeout') || (SELECT count(*) FROM pg_prepared_statements)
          || (SELECT count(*) FROM pg_listening_channels())
        """)
      #expect(left == "onon000\n")
    }
  }

  @Test func `a pooler that has lost the server is tried again`() throws {
    let server = PostgresServer()
    defer { server.end() }
    let pooler = try Pooler(server)
    let address = pooler.address("pooled")
    let commands = Commands()
    #expect(try commands.enqueue("a", at: address).status == 0)
    let worker = commands.start(["q-work", "--follow", "--", "true"], at: address)
    #expect(try commands.run(["q-wait", "--timeout", "60"], at: address).status == 0)
    server.signal(SIGINT)
    server.wait()
    // Whoever waits in the pooler is sent away in the end.
    let away = try commands.enqueue("c", at: address)
    #expect(away.status == 75, "\(away.error)")
    let isTold = becomesTrue(within: 30) { worker.error.contains("trying again") }
    #expect(isTold)
    #expect(!worker.error.contains("can be used again"), "\(worker.error)")
    server.start()
    #expect(try commands.insist(onEnqueueing: "b", at: address).status == 0)
    #expect(becomesTrue(within: 30) { worker.error.contains("can be used again") })
    let waited = try commands.insist(["q-wait", "--timeout", "60"], at: address)
    #expect(waited.status == 0, "\(waited.error) \(worker.error)")
    worker.process.send(SIGTERM)
    #expect(worker.result().status == -SIGTERM, "\(worker.error)")
  }
}

/// pgbouncer in transaction mode before a server, with few connections to it. Ended when it goes.
private final class Pooler {
  private static let program = "/usr/sbin/pgbouncer"
  static let isThere = PostgresServer.isThere && access(program, X_OK) == 0

  private let directory: String
  private let process: CommandProcess

  init(_ server: PostgresServer) throws {
    directory = "\(server.directory)/pool-\(UInt32.random(in: 1 ... .max))"
    mkdir(directory, 0o777)
    chmod(directory, 0o777)
    let file = directory + "/ini"
    try """
    [databases]
    q = host=\(server.directory) dbname=q user=q
    [pgbouncer]
    listen_addr =
    listen_port = 6432
    unix_socket_dir = \(directory)
    auth_type = any
    pool_mode = transaction
    default_pool_size = 3
    server_login_retry = 1
    query_wait_timeout = 3
    logfile = \(directory)/log

    """.write(toFile: file, atomically: false, encoding: .utf8)
    let user =
      geteuid() == 0
      ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    process = CommandProcess(user + [Self.program, file])
    let isUp = becomesTrue(within: 30) { query("SELECT 1") == "1\n" }
    #expect(isUp)
  }

  deinit {
    process.send(SIGKILL)
    _ = process.wait()
    try? FileManager.default.removeItem(atPath: directory)
  }

  func address(_ schema: String) -> String {
    "postgres://q@/q?host=\(directory)&port=6432&schema=\(schema)"
  }

  /// What a statement gives, by way of the pooler.
  func query(_ sql: String) -> String {
    let file = directory + "/out.\(UInt32.random(in: 1 ... .max))"
    let psql = CommandProcess(
      ["/usr/bin/psql", "-qAt", "-h", directory, "-p", "6432", "-U", "q", "-d", "q", "-c", sql],
      streams: CommandProcess.Streams(output: file))
    _ = psql.wait()
    return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
  }
}
