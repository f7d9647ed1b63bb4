import Postgres
import QueueCore
import System

/// A connection to the server, and what is known of who is at its other end.
final class Session {
  /// A writer that does not get its turn gives up, as on one machine.
  private static let writerPatience = "10s"
  /// A process that was stopped inside a transaction keeps the others waiting no longer than this.
  private static let idlePatience = "10s"
  /// Keys are looked up in indexes: a plan that was made while a table was empty would read all of it for ever.
  private static let planning = ["plan_cache_mode = force_generic_plan"] + unplanned
  private static let unplanned = [
    "enable_seqscan = off", "enable_bitmapscan = off", "enable_sort = off", "jit = off",
  ]
  /// What libpq is told where the address does not say: a server that is gone is known to be so in seconds.
  static let options = [
    "connect_timeout": "\(Connection.patience)", "keepalives_idle": "5", "keepalives_interval": "2",
    "keepalives_count": "3", "tcp_user_timeout": "10000", "fallback_application_name": "q",
  ]

  let connection: Connection
  /// What the server says of itself and of the store.
  let server: Server
  /// Begins a transaction that writes, once it is its turn: gives the revision, and the moment.
  private let beginWrite: String
  private let beginRead: String
  /// The server's clock less this machine's monotonic one, in microseconds.
  private(set) var clockOffset: Int64
  /// What is known to be durable.
  private(set) var durable: UInt64 = 0

  /// Whether it listens, and hears what it says.
  var hearsItself = false

  struct Server {
    /// Of the schema; nil: it is not there.
    var schema: Int64?
    /// Of the database.
    var database: Int64
    var hasStore: Bool
    /// Somebody in between gives each transaction another process of the server.
    var isPooled: Bool
    var isStandby: Bool
    /// What is committed is on its disk.
    var isDurable: Bool
    /// As in 150004.
    var version: Int64
  }

  init(_ address: StoreLocation) throws(PostgresError) {
    let options = Self.options.merging(address.options) { $1 }
    connection = try Connection(options)
    let layout = address.layout
    let sent = Int64(MonotonicTime.now() / 1_000)
    let facts = try connection.run(
      """
      SELECT to_regnamespace(\(Self.literal(layout.schema)))::oid, d.oid,
        to_regclass(\(Self.literal(layout.writer))) IS NOT NULL, pg_backend_pid(), pg_is_in_recovery(),
        current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off',
        current_setting('server_version_num'), \(Self.clock)
      FROM pg_database d WHERE datname = current_database()
      """
    ).first
    guard let facts, facts.count == 1 else {
      throw PostgresError(refused: "it says nothing of itself")
    }
    server = Server(
      schema: facts.number(0, 0), database: facts.number(0, 1) ?? 0, hasStore: facts.flag(0, 2),
      isPooled: facts.number(0, 3) != connection.serverProcess, isStandby: facts.flag(0, 4),
      isDurable: facts.flag(0, 5), version: facts.number(0, 6) ?? 0)
    clockOffset = (facts.number(0, 7) ?? 0) - sent
    connection.prepares = !server.isPooled
    let idle = "idle_in_transaction_session_timeout = '\(Self.idlePatience)'"
    if !server.isPooled {
      try connection.run(Self.set(Self.planning + [idle, "client_min_messages = warning"], ""))
    }
    // Behind a pooler a session is nobody's own.
    let local = server.isPooled ? Self.set(Self.unplanned + [idle], " LOCAL") : ""
    beginWrite =
      "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; \(local)"
      + Self.set(["synchronous_commit = off", "lock_timeout = '\(Self.writerPatience)'"], " LOCAL")
      + "SELECT revision FROM \(layout.writer) FOR UPDATE; SELECT \(Self.clock)"
    beginRead =
      "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \(local)"
      + "SELECT revision FROM \(layout.writer); SELECT \(Self.clock)"
  }

  private static let clock = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

  private static func set(_ settings: [String], _ scope: String) -> String {
    settings.map { "SET\(scope) \($0); " }.joined()
  }

  /// A text as SQL takes it.
  static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// Begins a transaction; the revision that is seen.
  func begin(writing: Bool) throws(PostgresError) -> UInt64 {
    let answers = try connection.run(writing ? beginWrite : beginRead).filter { $0.count > 0 }
    guard answers.count == 2, let revision = answers[0].number(0, 0),
      let moment = answers[1].number(0, 0)
    else { throw PostgresError(refused: "the store's row of writers is missing") }
    clockOffset = moment - Int64(MonotonicTime.now() / 1_000)
    return UInt64(revision)
  }

  /// The server's clock.
  var now: Timestamp {
    Timestamp(microseconds: clockOffset + Int64(MonotonicTime.now() / 1_000))
  }

  /// A statement that makes durable what was committed before it: the log is one line.
  static let barrier = Statement("SELECT pg_logical_emit_message(true, 'q', '')")
  static let commit = Statement("COMMIT")

  /// Notes that a revision is durable.
  func note(durable revision: UInt64) { durable = max(durable, revision) }
}
