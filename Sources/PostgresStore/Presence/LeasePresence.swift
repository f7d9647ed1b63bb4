import Glibc
import Postgres
import QueueCore
import QueueLogic
import System

/// Who uses a store on a server: workers of this place by its locks, as with a directory; workers of other places by
/// a beat that a guard renews, and that stands still for a lease once nobody does.
final class LeasePresence: Presence {
  private let store: PostgresOrderedStore
  private let location: StoreLocation
  /// The program that guards are; nil: nobody watches over workers of this process.
  private let guardProgram: String?
  private var watch = BeatWatch()
  private(set) var place: Place?
  private var guarding: Guarding?

  init(_ store: PostgresOrderedStore, guardProgram: String?) {
    (self.store, self.guardProgram) = (store, guardProgram)
    location = store.location
  }

  /// Keeps what shows who lives here from now on.
  func settle(at place: Place) { self.place = place }

  private var beats: String { location.layout.beats }

  /// How this process's worker stands; others have none.
  var standing: @Sendable () -> Standing {
    { [tether] in tether.withLock { $0?.standing ?? .sure } }
  }
  private let tether = Locked<Proof?>(nil)

  // MARK: What the store is known by

  /// The server's and the database's names for it: a copy from a dump has another schema's number, or another
  /// server's.
  func mark() throws(StoreError) -> (UInt64, UInt64) {
    let known = try store.run(
      """
      SELECT d.oid, \(SQL.literal(location.layout.schema))::regnamespace::oid, system_identifier
      FROM pg_database d, pg_control_system() WHERE datname = current_database()
      """
    ).first
    guard let known, let database = known.number(0, 0), let schema = known.number(0, 1),
      let system = known.number(0, 2)
    else { throw StoreError(.inputOutput, "the server does not say who it is: \(location.shown)") }
    return (UInt64(database) << 32 | UInt64(schema), UInt64(bitPattern: system))
  }

  /// Whoever comes from elsewhere is welcome.
  func join(_ workers: [WorkerRecord]) throws(StoreError) {}

  /// A store from a dump has workers that are another's.
  func replaceLocks(of workers: [WorkerRecord]) throws(StoreError) {}

  func refuseLife() throws(StoreError) {
    try read()
    for worker in watch.workers {
      throw StoreError(
        .busy,
        "cannot repair \(location.shown): worker \(worker.number) is registered: end it first; one that "
          + "is dead is taken off by the next q-work")
    }
  }

  // MARK: This process's worker

  func admit(_ worker: WorkerID) throws(StoreError) {
    guard let place else { return }
    // Those of workers that are not registered any more: in this transaction nobody else registers.
    try store.run(
      """
      DELETE FROM \(beats) WHERE NOT \(location.layout.isRegistered);
      INSERT INTO \(beats) VALUES (\(worker.number), \(SQL.literal(place.name)),
        \(location.lease.wholeMicroseconds), 0)
      """)
    guard guardProgram != nil else { return }
    do throws(SystemError) {
      let proof = try Proof(place.proof(worker), lease: location.lease, makes: true)
      proof.note(BootTime.now())
      tether.withLock { $0 = proof }
    } catch {
      throw StoreError(error, at: location.shown)
    }
  }

  func entered(_ worker: WorkerID, for queue: QueueName?) throws(StoreError) {
    guard let guardProgram, let place else { return }
    // A store from a dump has got another one with this worker.
    let incarnation = try store.read { try OrderedQueueStore.nameOfTokens(in: $0) }
    do throws(SystemError) {
      guarding = try Guarding(
        program: guardProgram, worker, queue: queue ?? .default, store: location.text,
        place: place.store, incarnation: incarnation)
    } catch {
      throw StoreError(error, at: location.shown)
    }
    store.isHopeless = { [standing] in standing() == .lost }
  }

  /// From now on its guard does not mind when the row goes.
  func leaving(_ worker: WorkerID) {
    guarding?.end()
    tether.withLock { $0?.leave() }
  }

  func left(_ worker: WorkerID) {
    let proof = tether.withLock { proof in
      defer { proof = nil }
      return proof
    }
    store.isHopeless = { false }
    let isGone = try? store.run("DELETE FROM \(beats) WHERE worker = \(worker.number)")
    if isGone != nil { proof?.haveLeft() }
    if let place { unlink(place.proof(worker)) }
  }

  // MARK: Other workers

  func life(of worker: WorkerRecord) -> WorkerLife {
    if store.isWriting { return lifeForGood(worker.id) }
    if watch.isOld || watch.row(worker.id) == nil, (try? read()) == nil {
      return isHere(worker.id) ? .here : .elsewhere
    }
    guard watch.row(worker.id) != nil else { return .gone }
    if isHere(worker.id) { return .here }
    return watch.isStill(worker.id) ? .gone : .elsewhere
  }

  private func isHere(_ worker: WorkerID) -> Bool { watch.row(worker)?.place == place?.name }

  /// The same inside the transaction that takes what a worker has: its row goes, so that its guard sees that it is
  /// over with the next renewal, which waits for this transaction.
  private func lifeForGood(_ worker: WorkerID) -> WorkerLife {
    guard let row = watch.row(worker) else {
      // Without a row it was taken before, and something of it is left.
      let found = try? store.run("SELECT 1 FROM \(beats) WHERE worker = \(worker.number)").first?
        .count
      return found == 0 ? .gone : .elsewhere
    }
    if isHere(worker) { return .here }
    guard watch.isStill(worker) else { return .elsewhere }
    let gone = try? store.run(
      "DELETE FROM \(beats) WHERE worker = \(worker.number) AND beat = \(row.beat)"
    ).last?.changed
    return gone == 1 ? .gone : .elsewhere
  }

  private func read() throws(StoreError) {
    let answer = try store.run(
      "SELECT worker, place, lease, beat FROM \(beats) WHERE \(location.layout.isRegistered)"
    ).first
    guard let answer else { return }
    watch.note(
      (0..<answer.count).map { row in
        BeatWatch.Row(
          worker: WorkerID(UInt64(answer.number(row, 0) ?? 0)), place: answer.text(row, 1) ?? "",
          lease: .microseconds(answer.number(row, 2) ?? 0), beat: answer.number(row, 3) ?? 0)
      }, session: store.sessions)
  }
}
