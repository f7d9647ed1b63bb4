import OrderedStore
import Postgres
import QueueCore
import QueueLogic
import System

/// An ordered store in a schema of a PostgreSQL database.
final class PostgresOrderedStore: OrderedStore {
  /// How often somebody who writes for long looks whether others wait.
  private static let lookInterval: Duration = .milliseconds(50)
  /// Bytes of changes after which a long batch commits what it has.
  private static let mostUnsent = 8 << 20

  let location: StoreLocation
  /// Asked while a server is silent; true: it is given up.
  var isHopeless: () -> Bool = { false }
  private let clock: (@Sendable () -> Timestamp)?
  private var current: Session?
  /// How many connections there were: who counts on what a server says begins anew with each.
  private(set) var sessions = 0
  private var watches: [WeakWatch] = []
  /// The transaction that is lent, and the session that it has begun on.
  private var transaction: PostgresTransaction?
  var begun: Session?
  private var lastLook = ContinuousClock.now
  /// How often it was not to be had.
  private var misses: UInt64 = 0
  private var readHabits = Habits()
  private var writeHabits = Habits()

  private struct WeakWatch {
    weak var watch: PostgresWatch?
  }

  /// Connects. Throws `.busy` where there is no way to a server, `.permission`, `.noStore`.
  init(
    _ location: StoreLocation, clock: (@Sendable () -> Timestamp)? = nil
  ) throws(StoreError) {
    (self.location, self.clock) = (location, clock)
    _ = try session()
  }

  var address: String { location.shown }

  // MARK: The connection

  /// What the server says of itself and of the store.
  var server: Session.Server {
    get throws(StoreError) { try session().server }
  }

  /// The connection; another one where there is none any more.
  private func session() throws(StoreError) -> Session {
    if let current { return current }
    do {
      let session = try Session(location) { [weak self] in self?.isHopeless() ?? false }
      try refuse(session.server)
      current = session
      sessions += 1
      for watch in watches { watch.watch?.listen(session) }
      return session
    } catch {
      throw StoreError(error, at: address)
    }
  }

  private func refuse(_ server: Session.Server) throws(StoreError) {
    if server.isStandby {
      throw StoreError(
        .busy,
        "cannot use \(address): it is a standby, which takes no writes: name the primary, or "
          + "several hosts and target_session_attrs=read-write")
    }
    if !server.isDurable, location.mustBeDurable {
      throw StoreError(
        .unusable,
        "cannot use \(address): fsync or synchronous_commit is off: what it has committed "
          + "may be lost: turn them on, or say durable=no in the address")
    }
  }

  func drop() { current = nil }

  /// Has those know who watch what was notified along with something else.
  private func tellWatches() {
    guard !watches.isEmpty, let heard = current?.connection.takeHeard(), !heard.isEmpty else {
      return
    }
    for watch in watches {
      if let watch = watch.watch, heard.contains(watch.payload) { watch.ring() }
    }
  }

  /// Calls what a lost connection refuses once more, on another one: nothing was done yet.
  func withSession<Result>(
    _ body: (Session) throws(PostgresError) -> Result
  ) throws(StoreError) -> (Session, Result) {
    let isOld = current != nil
    let session = try session()
    do {
      return (session, try body(session))
    } catch {
      clear(session, error)
      guard error.isLost, isOld, !isHopeless() else { throw StoreError(error, at: address) }
    }
    let next = try self.session()
    do {
      return (next, try body(next))
    } catch {
      clear(next, error)
      throw StoreError(error, at: address)
    }
  }

  /// What failed in the middle has left a transaction open.
  private func clear(_ session: Session, _ error: PostgresError) {
    if error.isLost || session.connection.isInTransaction { rollBack(session, error) }
  }

  /// Statements of the engine's own, in the transaction that is open, or each for itself.
  @discardableResult
  func run(_ sql: String) throws(StoreError) -> [Answer] {
    if let begun {
      do {
        return try begun.connection.run(sql)
      } catch {
        throw StoreError(error, at: address)
      }
    }
    defer { tellWatches() }
    return try withSession { session throws(PostgresError) in try session.connection.run(sql) }.1
  }

  var now: Timestamp {
    clock?() ?? current?.now ?? Timestamp(microseconds: WallTime.now())
  }

  var revision: UInt64 {
    let answer = try? run("SELECT revision FROM \(location.layout.writer)").first
    if let revision = answer?.number(0, 0) { return UInt64(revision) }
    // Each time another one, so that whoever compares looks, and is told why there is none.
    misses += 1
    return .max - misses
  }

  /// Also when much is to be sent: nobody has to wait for all of a long batch, and it takes no room.
  var isWanted: Bool {
    if let transaction, transaction.unsent > Self.mostUnsent { return true }
    guard ContinuousClock.now - lastLook > Self.lookInterval else { return false }
    lastLook = .now
    // Whoever waits for a row has its tuple locked.
    let waiting =
      "SELECT 1 FROM pg_locks WHERE locktype = 'tuple' AND relation = "
      + "\(SQL.literal(location.layout.writer))::regclass LIMIT 1"
    return (try? run(waiting).first?.count) ?? 0 > 0
  }

  // MARK: Transactions

  func read<Result>(_ body: (any OrderedReading) throws -> Result) throws(StoreError) -> Result {
    try begin(writing: false, body)
  }

  func write<Result>(_ body: (any OrderedWriting) throws -> Result) throws(StoreError) -> Result {
    try begin(writing: true, body)
  }

  private func begin<Result>(
    writing: Bool, _ body: (PostgresTransaction) throws -> Result
  ) throws(StoreError) -> Result {
    let lent = transaction(writing: writing, writing ? writeHabits : readHabits)
    defer {
      if writing { writeHabits = lent.habits.next } else { readHabits = lent.habits.next }
    }
    return try lend(lent, body)
  }

  func transaction(writing: Bool, _ habits: Habits) -> PostgresTransaction {
    PostgresTransaction(location.layout, writes: writing, habits) { [unowned self] statements in
      try begun?.connection.send([statements]).first ?? []
    } _: { [unowned self] lent, requests in
      try exchange(lent, requests)
    }
  }

  /// One round trip of a transaction. The first one begins it.
  private func exchange(_ lent: PostgresTransaction, _ requests: Requests) throws -> Answer? {
    if let begun {
      let statement = requests.statement(location.layout, withClock: false)
      return try begun.connection.send([[statement]]).first?.first
    }
    let statement = requests.statement(location.layout, withClock: true)
    let (session, result) = try withSession { session throws(PostgresError) in
      try session.begin(writing: lent.writes, statement)
    }
    if lent.writes { lastLook = .now }
    begun = session
    lent.begin(revision: result.revision + (lent.writes ? 1 : 0))
    if lent.writes, result.timeline != session.server.timeline {
      // A server that took over may lack the last commits of the one before: what those gave is not given again.
      try OrderedQueueStore.skipNumbers(in: lent)
      lent.also = ", timeline = \(session.server.timeline)"
    }
    return result.answer
  }

  /// Whether a transaction that writes is open.
  var isWriting: Bool { begun != nil && transaction?.writes ?? false }

  func lend<Result>(
    _ lent: PostgresTransaction, _ body: (PostgresTransaction) throws -> Result
  ) throws(StoreError) -> Result {
    transaction = lent
    defer {
      (transaction, begun) = (nil, nil)
      tellWatches()
    }
    do {
      let result = try body(lent)
      if lent.writes { try lent.begin() }
      if let begun { try end(begun, lent) }
      return result
    } catch {
      if !isEnded, let begun { rollBack(begun, error) }
      isEnded = false
      throw failure(error)
    }
  }

  /// Whether the transaction came to an end, though not a good one.
  private var isEnded = false

  private func rollBack(_ session: Session, _ error: any Error) {
    if (error as? PostgresError)?.isLost ?? false { return drop() }
    do {
      try session.connection.run("ROLLBACK")
    } catch {
      drop()
    }
  }

  /// Commits: what was changed, and then, since the row of writers is free by that, what makes it durable.
  private func end(
    _ session: Session, _ lent: PostgresTransaction
  ) throws {
    let revision = lent.revision
    var statements = [Session.commit]
    let changes = "UPDATE \(location.layout.writer) SET revision = revision + 1\(lent.also)"
    if lent.writes, let changes = lent.takeChanges(and: changes) {
      statements.insert(changes, at: 0)
    }
    let mustBeDurable = lent.hasChanged || revision > session.durable
    do throws(PostgresError) {
      // How a look ends does not matter.
      if !lent.writes, !mustBeDurable { return try session.connection.post([statements]) }
      _ = try session.connection.send(
        mustBeDurable
          ? [statements, [session.barrier(location.mustBeDurable)]] : [statements])
      if session.connection.wasReplicationCut {
        throw PostgresError(refused: "it is on the server, and may be on no standby")
      }
      if mustBeDurable { session.note(durable: revision) }
    } catch {
      // Of a group that failed nothing is done, unless nobody heard of it.
      guard error.isLost || error.group > 0 || session.connection.wasReplicationCut else {
        throw error
      }
      isEnded = true
      if error.isLost { drop() }
      guard lent.hasChanged else { throw StoreError(error, at: address) }
      throw StoreError(.commitUnknown, "cannot commit: \(address): \(error.message)")
    }
  }

  /// A connection that is lost in a transaction takes it along.
  private func failure(_ error: any Error) -> StoreError {
    if let error = error as? PostgresError, error.isLost {
      return StoreError(
        .inputOutput, "cannot use \(address): \(error.message): nothing was changed: try again")
    }
    return StoreError(error, at: address)
  }

  // MARK: Topics

  func wake(_ topic: UInt32) { try? current?.notify("\(topic)") }

  func watch(_ topic: UInt32) -> any QueueWatch {
    let watch = PostgresWatch(topic)
    watches.removeAll { $0.watch == nil }
    watches.append(WeakWatch(watch: watch))
    if let current { watch.listen(current) }
    return watch
  }

  func forget(_ topic: UInt32) {}
}
