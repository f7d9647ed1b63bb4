import Foundation
import Glibc
import QueueTestKit
import Testing

/// Servers that do not take this user, or that nobody reaches: what commands say, and how they end.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct RefusalTests {
  /// Where a password is asked for, and some are sent away.
  private static let strict: PostgresServer = {
    let server = PostgresServer()
    server.psql(
      """
      CREATE ROLE careful LOGIN PASSWORD 'opensesame'; CREATE ROLE banned LOGIN; CREATE ROLE poor LOGIN;
      CREATE ROLE late LOGIN CONNECTION LIMIT 0; CREATE ROLE owner LOGIN;
      CREATE ROLE readonly LOGIN; ALTER ROLE readonly SET default_transaction_read_only = on;
      GRANT pg_read_all_data, pg_write_all_data TO readonly;
      CREATE SCHEMA given AUTHORIZATION owner
      """)
    let rules = """
      local all careful scram-sha-256
      local all banned reject
      local all all trust

      """
    let file = server.directory + "/data/pg_hba.conf"
    try? rules.write(toFile: file, atomically: false, encoding: .utf8)
    server.signal(SIGHUP)
    let isRead = becomesTrue(within: 10) {
      server.psql("SELECT", in: "q") == 0
        && server.query("SELECT count(*) FROM pg_hba_file_rules") == "3\n"
    }
    precondition(isRead)
    return server
  }()

  private static let store: String = {
    let address = strict.address("kept")
    _ = try? Commands().run(["q-enqueue", "--quiet"], at: address, input: "a\nb\n")
    return address
  }()

  /// Fails both a look and a change, in the same way.
  private func refuses(
    _ address: String, _ status: Int32, _ words: String, _ verbs: [[String]] = [["q-stats"]],
    place: SourceLocation = #_sourceLocation
  ) throws {
    for verb in verbs + [["q-enqueue"]] {
      let result = try Commands().run(verb, at: address, input: "x\n")
      #expect(result.status == status, "\(verb): \(result.error)", sourceLocation: place)
      #expect(result.error.hasPrefix("\(verb[0]): "), "\(result.error)", sourceLocation: place)
      #expect(
        result.error.contains(words) && !result.error.contains("opensesame"), "\(result.error)",
        sourceLocation: place)
      #expect(result.error.utf8.count { $0 == UInt8(ascii: "\n") } == 1, sourceLocation: place)
    }
  }

  @Test func `nobody is there`() throws {
    try refuses("postgres://q@/q?host=/nowhere", 75, "/nowhere")
    let port = Silence(isOpen: false)
    try refuses("postgres://q:opensesame@127.0.0.1:\(port.number)/q", 75, "\(port.number)")
  }

  @Test func `somebody is there who never answers`() throws {
    let silence = Silence()
    try refuses(
      "postgres://q@127.0.0.1:\(silence.number)/q?connect_timeout=1", 75, "no answer within 1 s")
  }

  @Test func `a silent host does not keep the next one waiting`() throws {
    let silence = Silence()
    let address =
      "postgres://q@/q?host=127.0.0.1,\(Self.strict.directory)&port=\(silence.number),5432"
      + "&connect_timeout=1&schema=second"
    let result = try Commands().enqueue("x", at: address)
    #expect(result.status == 0, "\(result.error)")
    #expect(Self.strict.query("SELECT count(*) FROM second.items") == "1\n")
    try refuses(
      "postgres://q@/q?host=127.0.0.1,/nowhere&port=\(silence.number),5432&connect_timeout=1", 75,
      "/nowhere")
  }

  @Test func `who one is must be right`() throws {
    let server = Self.strict
    try refuses(server.address("x", user: "nobody"), 77, "pg_hba.conf")
    try refuses(server.address("x", user: "banned"), 77, "pg_hba.conf")
    try refuses(server.address("x", user: "careful"), 77, "PGPASSFILE")
    try refuses(server.address("x", user: "careful:opensesame7"), 77, "PGPASSFILE")
    try refuses(server.address("x", user: "careful") + "&password=opensesame7", 77, "PGPASSFILE")
  }

  @Test func `databases, schemas and rights are not there`() throws {
    let server = Self.strict
    try refuses(server.address("x", database: "none"), 66, "createdb")
    let result = try Commands().run(["q-stats"], at: server.address("missing"))
    #expect(result.status == 66)
    #expect(result.error.contains("no store: postgres://"), "\(result.error)")
    // It may not make a schema, nor look into one.
    let made = try Commands().enqueue("x", at: server.address("poors", user: "poor"))
    #expect(made.status == 77, "\(made.error)")
    _ = Self.store
    try refuses(server.address("kept", user: "poor"), 77, "roles")
    #expect(server.psql("GRANT USAGE ON SCHEMA kept TO poor") == 0)
    try refuses(server.address("kept", user: "poor"), 77, "roles")
  }

  @Test func `a schema that somebody made for the user is enough`() throws {
    let address = Self.strict.address("given", user: "owner")
    let commands = Commands()
    #expect(try commands.enqueue("x", at: address).status == 0)
    let work = try commands.run(["q-work", "--", "true"], at: address)
    #expect(work.status == 0, "\(work.error)")
  }

  @Test func `no connection is left`() throws {
    try refuses(Self.strict.address("x", user: "late"), 75, "max_connections")
  }

  @Test func `a database that takes no writes is left alone`() throws {
    _ = Self.store
    let address = Self.strict.address("kept", user: "readonly")
    let look = try Commands().run(["q-stats"], at: address)
    #expect(look.status == 0, "\(look.error)")
    let change = try Commands().enqueue("x", at: address)
    #expect(change.status == 75, "\(change.error)")
    #expect(change.error.contains("default_transaction_read_only"), "\(change.error)")
  }

  @Test func `what is committed may be lost`() throws {
    let server = PostgresServer(["fsync=off"])
    defer { server.end() }
    try refuses(server.address("x"), 69, "durable=no")
    #expect(try Commands().enqueue("x", at: server.address("x&durable=no")).status == 0)
    server.psql(
      "CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET synchronous_commit = off")
    server.signal(SIGINT)
    server.wait()
    server.start()
    try refuses(server.address("x", user: "hasty"), 69, "durable=no")
    #expect(try Commands().run(["q-stats"], at: server.address("x")).status == 0)
  }

  @Test func `another format version, and a store that is gone`() throws {
    let server = Self.strict
    let address = server.address("future")
    #expect(try Commands().enqueue("x", at: address).status == 0)
    server.psql("DELETE FROM future.writer")
    try refuses(address, 65, "writers")
    server.psql("INSERT INTO future.writer VALUES (9, 0)")
    server.psql("UPDATE future.raw_meta SET value = '\\x000000c8' WHERE key = 'format'")
    try refuses(address, 78, "it has format 200")
  }
}

/// A port of this machine where connections are taken by the kernel, and by nobody else, or not even by that.
private final class Silence {
  private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  let number: UInt16

  init(isOpen: Bool = true) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, length)
        if isOpen { listen(descriptor, 20) }
        getsockname(descriptor, $0, &length)
      }
    }
    number = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}
