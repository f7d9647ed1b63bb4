import QueueCore
import Testing

@testable import LMDBStore

@Suite struct SplitEnqueueTests {
  private let now = Timestamp(microseconds: 1_000_000)

  /// Enqueues while somebody seems to wait to write, and gives back what each commit made durable.
  private func enqueue(
    _ batch: ItemBatch, _ temporary: borrowing TemporaryStore
  ) throws -> [EnqueueResult] {
    let waiter = try FileLock(temporary.store.directory.writer)
    #expect(waiter.tryLock(byte: 1, shared: true))
    defer { waiter.unlock(byte: 1) }
    var commits: [EnqueueResult] = []
    try temporary.store.enqueue(batch, to: .default, priority: 128, until: nil) {
      commits.append($0)
    }
    return commits
  }

  @Test func `a batch is committed in parts while somebody waits, and nothing of it is lost`()
    throws
  {
    let temporary = try TemporaryStore()
    // Out of order, so that what a part enters lies all over the batch.
    let ids = (0..<10_000).map { ItemID("item-\($0 * 7_919 % 10_000)")! }
    let commits = try enqueue(ItemBatch(ids + ids.prefix(500)), temporary)
    #expect(commits.count == 3)
    #expect(commits.reduce(0) { $0 + $1.enqueued } == 10_000)
    #expect(commits.reduce(0) { $0 + $1.duplicates } == 500)
    #expect(try temporary.store.audit().count == 0)
  }

  @Test func `a queue that is removed between two parts takes no item of the later ones along`()
    throws
  {
    let temporary = try TemporaryStore()
    let store = temporary.store
    let waiter = try FileLock(store.directory.writer)
    #expect(waiter.tryLock(byte: 1, shared: true))
    defer { waiter.unlock(byte: 1) }
    let ids = (0..<10_000).map { ItemID("item-\($0)")! }
    var enqueued: [Int] = []
    try store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil) {
      committed in
      enqueued.append(committed.enqueued)
      guard enqueued.count == 1 else { return }
      waiter.unlock(byte: 1)
      for status in [Status.pending] {
        _ = try? store.move(
          all: status, of: .default, by: .remove(force: false), after: nil)
      }
      #expect((try? store.removeQueue(.default)) == true)
      // Items of another enqueuer in the queue that is made anew.
      _ = try? store.enqueue(
        ItemBatch((0..<3_000).map { ItemID("other-\($0)")! }), to: .default, priority: 128,
        until: nil)
    }
    #expect(enqueued.reduce(0, +) == 10_000)
    #expect(try store.summary(of: .default)?.counts.pending == 9_000)
    #expect(try store.audit().findings == [])
  }

  @Test func `items keep their order of arrival whatever the parts`() throws {
    let temporary = try TemporaryStore()
    let ids = (0..<9_000).map { ItemID("item-\($0 * 7_919 % 9_000)")! }
    _ = try enqueue(ItemBatch(ids), temporary)
    var listed: [ItemID] = []
    var after: ItemKey?
    repeat {
      let page = try temporary.store.items(
        of: .default, in: .pending, after: after, limit: 4_000)
      listed += page.items.map(\.id)
      after = page.next
    } while after != nil
    #expect(listed == ids)
  }

  @Test func `what was committed is told when a later part fails`() throws {
    let temporary = try TemporaryStore()
    let ids = (0..<9_000).map { ItemID("item-\($0)")! }
    let held = try FileLock(temporary.store.directory.writer)
    var commits: [EnqueueResult] = []
    let waiter = try FileLock(temporary.store.directory.writer)
    #expect(waiter.tryLock(byte: 1, shared: true))
    let failure = #expect(throws: StoreError.self) {
      try temporary.store.enqueue(
        ItemBatch(ids), to: .default, priority: 128, until: nil
      ) { committed in
        commits.append(committed)
        // Another writer that never lets go.
        _ = held.tryLock(byte: 0)
      }
    }
    #expect(failure?.code == .busy)
    #expect(commits == [EnqueueResult(enqueued: 4_000, duplicates: 0)])
    held.unlock(byte: 0)
    #expect(try temporary.store.summary(of: .default)?.counts.pending == 4_000)
  }
}
