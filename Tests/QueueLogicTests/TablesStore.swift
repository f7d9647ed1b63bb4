import OrderedStore
import QueueCore
import QueueTestKit

@testable import QueueLogic

/// A new store of tables in memory.
struct TablesStore {
  let tables: MemoryTables
  let presence = ManualPresence()
  let store: OrderedQueueStore

  init(_ clock: ManualClock = ManualClock()) throws {
    tables = MemoryTables(OrderedQueueStore.tables, clock: clock)
    let mark = presence.place
    try tables.write { try OrderedQueueStore.begin(in: $0, mark: mark) }
    store = try OrderedQueueStore(tables, presence: presence)
  }

  /// The same store, as another process has it open.
  func other() throws -> OrderedQueueStore {
    try OrderedQueueStore(MemoryTables(sharing: tables), presence: presence)
  }
}
