import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

@Suite struct SplitEnqueueTests {
  /// Enqueues while somebody seems to wait to write, and gives back what each commit made durable.
  private func enqueue(_ batch: ItemBatch, _ made: TablesStore) throws -> [EnqueueResult] {
    made.tables.isWanted = true
    defer { made.tables.isWanted = false }
    var commits: [EnqueueResult] = []
    try made.store.enqueue(batch, to: .default, priority: 128, until: nil) { commits.append($0) }
    return commits
  }

  private func ids(_ count: Int, _ name: String = "item") -> [ItemID] {
    (0..<count).map { ItemID("\(name)-\($0)")! }
  }

  @Test func `a batch is committed in parts while somebody waits, and nothing of it is lost`()
    throws
  {
    let made = try TablesStore()
    // Out of order, so that what a part enters lies all over the batch.
    let ids = (0..<10_000).map { ItemID("item-\($0 * 7_919 % 10_000)")! }
    let commits = try enqueue(ItemBatch(ids + ids.prefix(500)), made)
    #expect(commits.count == 3)
    #expect(commits.reduce(0) { $0 + $1.enqueued } == 10_000)
    #expect(commits.reduce(0) { $0 + $1.duplicates } == 500)
    #expect(try made.store.audit().count == 0)
  }

  @Test func `a queue that is removed between two parts takes no item of the later ones along`()
    throws
  {
    let made = try TablesStore()
    let store = made.store
    made.tables.isWanted = true
    var enqueued: [Int] = []
    try store.enqueue(ItemBatch(ids(10_000)), to: .default, priority: 128, until: nil) {
      committed in
      enqueued.append(committed.enqueued)
      guard enqueued.count == 1 else { return }
      made.tables.isWanted = false
      _ = try? store.move(
        all: .pending, of: .default, by: .remove(force: false), after: nil)
      #expect((try? store.removeQueue(.default)) == true)
      // Items of another enqueuer in the queue that is made anew.
      _ = try? store.enqueue(
        ItemBatch(ids(3_000, "other")), to: .default, priority: 128, until: nil)
    }
    #expect(enqueued.reduce(0, +) == 10_000)
    #expect(try store.summary(of: .default)?.counts.pending == 9_000)
    #expect(try store.audit().findings == [])
  }

  @Test func `items keep their order of arrival whatever the parts`() throws {
    let made = try TablesStore()
    let ids = (0..<9_000).map { ItemID("item-\($0 * 7_919 % 9_000)")! }
    _ = try enqueue(ItemBatch(ids), made)
    var listed: [ItemID] = []
    var after: ItemKey?
    repeat {
      let page = try made.store.items(of: .default, in: .pending, after: after, limit: 4_000)
      listed += page.items.map(\.id)
      after = page.next
    } while after != nil
    #expect(listed == ids)
  }

  @Test func `what was committed is told when a later part fails`() throws {
    let made = try TablesStore()
    made.tables.isWanted = true
    var commits: [EnqueueResult] = []
    let failure = #expect(throws: StoreError.self) {
      try made.store.enqueue(ItemBatch(ids(9_000)), to: .default, priority: 128, until: nil) {
        commits.append($0)
        made.tables.fault = .deniedCommit
      }
    }
    #expect(failure?.code == .inputOutput)
    #expect(commits == [EnqueueResult(enqueued: 4_000, duplicates: 0)])
    #expect(try made.store.summary(of: .default)?.counts.pending == 4_000)
  }
}
