import OrderedStore
import Postgres
public import QueueCore
public import QueueLogic

/// A store in a schema of a PostgreSQL database, for many machines. One thread uses it.
public final class PostgresStore: OrderedQueueStore, PlacedStore {
  /// Whether opening made the store.
  public let wasCreated: Bool
  let ordered: PostgresOrderedStore
  private let lease: LeasePresence
  private let place: Place

  /// Opens the store behind `postgres:`; makes it first if `opening` says so and there is none. `guardProgram` is
  /// `q-postgres`, which watches over this process's worker; without it others take what a worker has when it
  /// lives no more on its own machine alone.
  ///
  /// Throws `.busy` where there is no way to the server, `.noStore`, `.permission`, `.cannotCreate`, `.unusable`,
  /// `.unsound`, `.formatVersion`.
  public convenience init(
    _ address: String, _ opening: Opening, guardProgram: String? = nil
  ) throws(StoreError) {
    try self.init(address, opening, guardProgram: guardProgram, clock: nil)
  }

  /// `clock` tells the moment, in place of the server.
  init(
    _ address: String, _ opening: Opening, guardProgram: String? = nil,
    clock: (@Sendable () -> Timestamp)?
  ) throws(StoreError) {
    let ordered = try PostgresOrderedStore(StoreLocation(address), clock: clock)
    let lease = LeasePresence(ordered, guardProgram: guardProgram)
    var wasCreated = false
    if try !ordered.server.hasStore {
      guard opening.create else {
        throw StoreError(
          .noStore, "no store: \(ordered.address): q-enqueue makes one")
      }
      wasCreated = try ordered.make(mark: lease.mark)
    }
    (self.ordered, self.lease, self.wasCreated) = (ordered, lease, wasCreated)
    place = try Place(of: try ordered.read { try OrderedQueueStore.nameOfTokens(in: $0) })
    lease.settle(at: place)
    try super.init(ordered, presence: lease)
  }

  /// The whole address, with a password if it has one.
  public var reference: String { ordered.location.text }

  /// A local directory of this user's.
  public var runs: RunsPlace { place.runs }

  /// By the beats of workers elsewhere; see ``PlacedStore``.
  public func life(of worker: WorkerRecord) -> WorkerLife { lease.life(of: worker) }

  /// By the last proof that this process's worker was heard of; see ``PlacedStore``.
  public var standing: @Sendable () -> Standing { lease.standing }
}
