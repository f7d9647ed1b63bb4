import OrderedStore
import QueueCore
import QueueLogic
import QueueTestKit

@testable import PostgresStore

/// A new store in a schema of its own, or one that was used and is empty again.
struct NewStore {
  let address: String
  let store: PostgresStore

  init(_ clock: ManualClock? = nil) throws {
    address = PostgresServer.shared.newAddress()
    store = try Self.open(address, create: true, clock)
  }

  /// The same store, as another process has it open.
  func other() throws -> PostgresStore { try Self.open(address, create: false, nil) }

  static func open(
    _ address: String, create: Bool, _ clock: ManualClock?
  ) throws -> PostgresStore {
    var opening = Opening()
    opening.create = create
    var now: (@Sendable () -> Timestamp)?
    if let clock { now = { clock.now } }
    return try PostgresStore(String(address.dropFirst("postgres:".count)), opening, clock: now)
  }

  /// Takes all out of it, so that it is as new.
  static func empty(_ address: String) throws {
    let location = try StoreLocation(String(address.dropFirst("postgres:".count)))
    let tables = OrderedQueueStore.tables.map { "DELETE FROM \(location.layout[$0]);" }
    let ordered = try PostgresOrderedStore(location)
    try ordered.run("DELETE FROM \(location.layout.beats);" + tables.joined())
    let presence = LeasePresence(ordered, guardProgram: nil)
    _ = try ordered.make(mark: presence.mark)
  }
}
