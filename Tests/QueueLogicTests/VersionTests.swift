import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// What a store's version says, and when it is looked at.
@Suite struct VersionTests {
  private let made: TablesStore

  init() throws { made = try AuditTests.soundStore(lease: nil) }

  private func enqueue(_ store: OrderedQueueStore, _ id: String) throws {
    _ = try store.enqueue(ItemBatch([ItemID(id)!]), to: .default, priority: 1, until: nil)
  }

  @Test(arguments: [3, 255] as [UInt8])
  func `a store that has become one of a newer version is written no more`(_ version: UInt8) throws
  {
    try enqueue(made.store, "before")
    try made.setVersion(version)
    let before = made.tables.everything
    let failure = #expect(throws: StoreError.self) { try enqueue(made.store, "after") }
    #expect(failure?.code == .formatVersion && made.tables.everything == before)
    #expect(
      failure?.message.contains("it has format \(version), this program reads 1 to 2") == true)
    let opening = #expect(throws: StoreError.self) { try made.other() }
    #expect(opening?.code == .formatVersion)
  }

  @Test func `a store of version 2 without one of its tables is unsound, one of version 1 is not`()
    throws
  {
    made.tables.drop(.leases)
    let failure = #expect(throws: StoreError.self) { try made.other() }
    #expect(failure?.code == .unsound)
    try made.setVersion(1)
    let old = try made.other()
    #expect(try old.audit().findings == [] && old.summary(of: .default)?.nextExpiry == nil)
    made.tables.drop(.history)
    let other = #expect(throws: StoreError.self) { try made.other() }
    #expect(other?.code == .unsound)
  }

  @Test func `of two that find an old store one upgrades it, and one says so`() throws {
    let (first, second) = (try made.asVersion1(), try made.other())
    var said: [Int] = []
    first.onUpgrade = { _, _ in said.append(1) }
    second.onUpgrade = { _, _ in said.append(2) }
    try enqueue(second, "x")
    try enqueue(first, "y")
    try enqueue(second, "z")
    #expect(said == [2])
    // Also who has only looked so far sees what leases hold now.
    let third = try made.other()
    _ = try first.claim(LeaseRequest(queue: .default, wanted: 1, length: .seconds(5)))
    #expect(try third.summary(of: .default)?.nextExpiry != nil && third.audit().findings == [])
  }
}
