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

  /// Makes the store one of version 1, as another process opens it then. It holds nothing that version 1
  /// does not know.
  func asVersion1() throws -> OrderedQueueStore {
    tables.drop(.leases)
    try setVersion(1)
    return try other(tables)
  }

  /// Has the store say that it is of a version.
  func setVersion(_ version: UInt8) throws {
    try tables.write { try $0.put([0, 0, 0, version], for: Format.formatKey, in: .meta) }
  }

  private func other(_ tables: MemoryTables) throws -> OrderedQueueStore {
    try OrderedQueueStore(tables, presence: presence)
  }

  /// The same store, as another process has it open.
  func other() throws -> OrderedQueueStore {
    try other(MemoryTables(sharing: tables))
  }

  /// A new store, and a worker of it.
  static func withWorker() throws -> (made: TablesStore, clock: ManualClock, worker: WorkerID) {
    let clock = ManualClock()
    clock.now = Timestamp(microseconds: 1_000)
    let made = try TablesStore(clock)
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
    let worker = try made.store.register(process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }.id
    return (made, clock, worker)
  }
}
