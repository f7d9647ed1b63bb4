import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// Looks, while somebody else holds the writer lock all the time.
@Suite struct LookTests {
  private let directory = TemporaryDirectory()

  @Test func `looks take no writer lock and do not show themselves as writers`() throws {
    let path = directory.path("store")
    let (first, second) = (ItemID("a")!, ItemID("b")!)
    do {
      let store = try LMDBStore(path: path, create: true)
      _ = try store.enqueue(
        ItemBatch([first]), to: .default, priority: 1, until: nil)
    }
    let lock = try FileLock(path + "/writer")
    #expect(lock.tryLock(byte: 0))
    // Nobody can take this one to show that he waits.
    #expect(lock.tryLock(byte: 1))
    let began = ContinuousClock.now
    let store = try LMDBStore(path: path)
    #expect(try store.summary(of: .default)?.counts.pending == 1)
    #expect(try store.summaries().count == 1)
    #expect(try store.item(first, in: .default) != nil && store.item(second, in: .default) == nil)
    #expect(
      try store.items(of: .default, in: [.pending], after: nil, limit: 9).items.count == 1)
    #expect(try store.audit().findings == [] && store.workers().isEmpty)
    _ = try store.watch(.default)
    #expect(ContinuousClock.now - began < .seconds(2))
  }
}
