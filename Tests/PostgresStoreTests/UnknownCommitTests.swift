import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import PostgresStore
@testable import QueueLogic

/// Commits whose connection is cut, at every place: the store says that it does not know exactly when it may be
/// done.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct UnknownCommitTests {
  private let address = PostgresServer.shared.newAddress()
  private let proxy = CuttingProxy(PostgresServer.shared)
  private let direct: PostgresOrderedStore
  private let schema: String

  init() throws {
    _ = try NewStore.open(address, create: true, nil)
    let location = try StoreLocation(String(address.dropFirst("postgres:".count)))
    (direct, schema) = (try PostgresOrderedStore(location), location.schema)
  }

  /// The same store through the proxy.
  private func cuttable() throws -> PostgresOrderedStore {
    try PostgresOrderedStore(
      StoreLocation("//q@/q?host=\(proxy.directory)&schema=\(schema)&application_name=\(schema)"))
  }

  private func value() throws -> UInt8? {
    try direct.read { try $0.bytes(for: [1], in: .outputs)?.first }
  }

  /// Writes another value; `before` is called just before the commit is sent.
  private func put(
    _ value: UInt8, in store: PostgresOrderedStore, before: (any OrderedWriting) throws -> Void
  ) -> StoreError? {
    do throws(StoreError) {
      try store.write { writing in
        // It begins with its first question.
        _ = try writing.bytes(for: [1], in: .outputs)
        try writing.put([value], for: [1], in: .outputs)
        try writing.put(Array(repeating: value, count: 40), for: [2], in: .outputs)
        try before(writing)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Waits until no server process works for the proxy: what was to be done is done.
  private func settle() {
    let isQuiet = becomesTrue(within: 30) {
      PostgresServer.shared.query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(schema)'") == "0\n"
    }
    #expect(isQuiet)
  }

  /// How many bytes go each way from the commit on.
  private func lengths() throws -> (toServer: Int, toClient: Int) {
    // What is there already is changed in other words than what is new.
    #expect(put(2, in: direct) { _ in } == nil)
    // Kept until it is counted: it says good-bye.
    let store = try cuttable()
    return try withExtendedLifetime(store) {
      try #require(put(1, in: store) { _ in proxy.arm() } == nil)
      return proxy.disarm()
    }
  }

  /// Cuts at each of some places; how often the old and the new state were found behind it.
  private func cut(_ places: [Int], toServer: Bool) throws -> (old: Int, new: Int) {
    var found = (old: 0, new: 0)
    for (round, place) in places.enumerated() {
      let (old, new) = (UInt8(round % 200), UInt8(round % 200 + 1))
      #expect(put(old, in: direct) { _ in } == nil)
      let error = put(new, in: try cuttable()) { _ in
        toServer ? proxy.arm(toServer: place) : proxy.arm(toClient: place)
      }
      settle()
      #expect(error?.code == .commitUnknown, "cut at \(place): \(String(describing: error))")
      let value = try value()
      #expect(value == old || value == new, "cut at \(place)")
      if value == old { found.old += 1 } else { found.new += 1 }
      let other = try direct.read { try $0.bytes(for: [2], in: .outputs)?.last }
      #expect(other == value, "cut at \(place): half of it is done")
    }
    return found
  }

  @Test func `what is cut on its way to the server is done or not, and unknown`() throws {
    defer { proxy.end() }
    let length = try lengths().toServer
    let places = Array(stride(from: 0, to: length, by: 13)) + Array(length - 40..<length)
    let found = try cut(places, toServer: true)
    #expect(found.old > 0 && found.new > 0, "\(found)")
  }

  @Test func `what is cut on its way back is done, and unknown until the last byte is there`()
    throws
  {
    defer { proxy.end() }
    let length = try lengths().toClient
    let found = try cut(Array(0..<length), toServer: false)
    #expect(found.old == 0 && found.new == length)
  }

  @Test func `what is cut before the commit is not done, and says so`() throws {
    defer { proxy.end() }
    let store = try cuttable()
    #expect(put(1, in: direct) { _ in } == nil)
    let error = put(2, in: store) { writing in
      proxy.cut()
      _ = try writing.bytes(for: [3], in: .outputs)
    }
    #expect(error?.code == .inputOutput)
    #expect(error?.message.contains("nothing was changed") == true)
    #expect(try value() == 1)
    // Between transactions nobody notices.
    proxy.cut()
    #expect(put(3, in: store) { _ in } == nil)
    #expect(try value() == 3)
  }

  @Test func `what the server refuses in the middle of a commit is not done, and says so`() throws {
    defer { proxy.end() }
    try direct.run("ALTER TABLE \(schema).raw_outputs ADD CHECK (value <> '\\x07')")
    #expect(put(1, in: direct) { _ in } == nil)
    #expect(put(7, in: direct) { _ in }?.code == .inputOutput)
    #expect(try value() == 1)
    #expect(put(2, in: direct) { _ in } == nil)
    #expect(try value() == 2)
  }

  @Test(arguments: [
    "BEGIN RAISE 'no'; END",
    // The same as late as can be, when the barrier itself is committed.
    "BEGIN INSERT INTO SCHEMA.late VALUES (1); RETURN '0/0'; END",
  ])
  func `what is committed and may not be durable is unknown`(_ body: String) throws {
    defer { proxy.end() }
    let store = try cuttable()
    try direct.run(
      """
      CREATE TABLE \(schema).late (n int);
      CREATE FUNCTION \(schema).fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''late''; END';
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON \(schema).late DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION \(schema).fail();
      CREATE FUNCTION \(schema).pg_logical_emit_message(boolean, text, text) RETURNS pg_lsn
        LANGUAGE plpgsql AS $$\(body.replacing("SCHEMA", with: schema))$$
      """)
    try store.run("SET search_path = \(schema), pg_catalog")
    #expect(put(5, in: store) { _ in }?.code == .commitUnknown)
    #expect(try value() == 5)
    try store.run("RESET search_path")
    #expect(put(6, in: store) { _ in } == nil)
    #expect(try value() == 6)
  }
}
