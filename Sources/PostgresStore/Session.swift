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
    "enable_seqscan = off", "enable_bitmapscan = off", "enable_sort = off",
    "enable_hashjoin = off", "enable_mergejoin = off", "jit = off",
  ]
  /// What is set for a role is not meant for a queue: a statement that is cancelled is one that failed, or nobody
  /// knows. By the version from which on a server knows it.
  private static let untimed = [
    (0, "statement_timeout = 0"), (170_000, "transaction_timeout = 0"),
  ]
  /// What libpq is told where the address does not say: a server that is gone is known to be so in seconds.
  static let options = [
    "connect_timeout": "\(Connection.patience)", "keepalives_idle": "5", "keepalives_interval": "2",
    "keepalives_count": "3", "tcp_user_timeout": "10000", "fallback_application_name": "q",
  ]

  let connection: Connection
  /// What the server says of itself and of the store.
  let server: Server
  /// Begins a transaction that writes, once it is its turn. The last statement gives the revision.
  private let beginWrite: [Statement]
  private let beginRead: [Statement]
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
    /// Counts the servers that took over from another.
    var timeline: Int64
  }

  /// Connects. `isHopeless`: see ``Connection``.
  init(
    _ address: StoreLocation, isHopeless: @escaping () -> Bool = { false }
  ) throws(PostgresError) {
    let options = Self.options.merging(address.options) { $1 }
    connection = try Connection(options, isHopeless: isHopeless)
    let layout = address.layout
    let sent = Int64(MonotonicTime.now() / 1_000)
    let facts = try connection.run(
      """
      SELECT to_regnamespace(\(SQL.literal(layout.schema)))::oid, d.oid,
        to_regclass(\(SQL.literal(layout.writer))) IS NOT NULL, pg_backend_pid(), pg_is_in_recovery(),
        current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off',
        current_setting('server_version_num'), \(Requests.moment), CASE WHEN pg_is_in_recovery() THEN 0
          ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END
      FROM pg_database d WHERE datname = current_database()
      """
    ).first
    guard let facts, facts.count == 1 else {
      throw PostgresError(refused: "it says nothing of itself")
    }
    server = Server(
      schema: facts.number(0, 0), database: facts.number(0, 1) ?? 0, hasStore: facts.flag(0, 2),
      isPooled: facts.number(0, 3) != connection.serverProcess, isStandby: facts.flag(0, 4),
      isDurable: facts.flag(0, 5), version: facts.number(0, 6) ?? 0,
      timeline: facts.number(0, 8) ?? 0)
    clockOffset = (facts.number(0, 7) ?? 0) - sent
    connection.prepares = !server.isPooled
    let version = server.version
    let patience =
      [
        "idle_in_transaction_session_timeout = '\(Self.idlePatience)'",
        "lock_timeout = '\(Self.writerPatience)'",
      ] + Self.untimed.filter { $0.0 <= version }.map(\.1)
    if !server.isPooled {
      try connection.run(
        Self.set(Self.planning + patience + ["client_min_messages = warning"], ""))
    }
    // Behind a pooler a session is nobody's own.
    let local = (server.isPooled ? Self.unplanned + patience : []).map {
      Statement("SET LOCAL \($0)")
    }
    beginWrite =
      [Statement("BEGIN ISOLATION LEVEL READ COMMITTED")] + local + [
        Statement(
          "SELECT revision, set_config('synchronous_commit', 'off', true) IS NULL, "
            + "timeline FROM \(layout.writer) FOR UPDATE")
      ]
    beginRead =
      [Statement("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")] + local + [
        Statement("SELECT revision, \(Self.isFlushed) FROM \(layout.writer)")
      ]
  }

  /// Whether all that is seen is durable, asked after it was seen. Of standbys one does not know.
  private static let isFlushed =
    "pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn() "
    + "AND current_setting('synchronous_standby_names') = ''"

  private static func set(_ settings: [String], _ scope: String) -> String {
    settings.map { "SET\(scope) \($0); " }.joined()
  }

  /// Begins a transaction, and asks the first things in it, with the moment: the revision that is seen, and what
  /// came of those.
  func begin(
    writing: Bool, _ first: Statement
  ) throws(PostgresError) -> (revision: UInt64, timeline: Int64, answer: Answer) {
    let begin = writing ? beginWrite : beginRead
    guard let answers = try connection.send([begin + [first]]).first, answers.count > begin.count,
      let revision = answers[begin.count - 1].integer(0, 0)
    else { throw PostgresError(refused: "the store's row of writers is missing", "XX001") }
    if let moment = Requests.read(answers[begin.count], { _, _, _, _ in }) {
      clockOffset = moment - Int64(MonotonicTime.now() / 1_000)
    }
    if !writing, answers[begin.count - 1].bytes(0, 1)?.first == 1 {
      note(durable: UInt64(revision))
    }
    let timeline = writing ? answers[begin.count - 1].integer(0, 2) : nil
    return (UInt64(revision), timeline ?? 0, answers[begin.count])
  }

  /// The channel of a store: its schema's number is its own in the database.
  static func channel(_ schema: Int64) -> String { "q_\(schema)" }

  /// Has those know who listen: in a transaction of its own, which nobody waits for; inside another it holds a lock
  /// of all databases.
  func notify(_ payload: String) throws(PostgresError) {
    guard let schema = server.schema else { return }
    try connection.post([
      [
        Statement(
          "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1::text, $2::text)"
        )
        .with(Self.channel(schema)).with(payload)
      ]
    ])
  }

  /// The server's clock.
  var now: Timestamp {
    Timestamp(microseconds: clockOffset + Int64(MonotonicTime.now() / 1_000))
  }

  /// A statement that makes durable what was committed before it: the log is one line. Behind a pooler it sees
  /// to it itself: somebody else may have left the session with `synchronous_commit` off.
  func barrier(_ mustBeDurable: Bool) -> Statement {
    server.isPooled && mustBeDurable ? Self.insistingBarrier : Self.barrier
  }
  private static let barrier = Statement("SELECT pg_logical_emit_message(true, 'q', '')")
  private static let insistingBarrier = Statement(
    "SELECT set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), "
      + "'off'), 'on'), true), pg_logical_emit_message(true, 'q', '')")
  static let commit = Statement("COMMIT")

  /// Notes that a revision is durable.
  func note(durable revision: UInt64) { durable = max(durable, revision) }
}
