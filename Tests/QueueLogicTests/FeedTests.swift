import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Who is woken when what feeds a queue has ended.
@Suite struct FeedTests {
  private let made: TablesStore
  private let names = ["a", "b", "c"].map { QueueName($0)! }

  init() throws {
    made = try TablesStore()
    _ = try made.store.enqueue(
      ItemBatch(["1", "2"].map { ItemID($0)! }), to: names[0], priority: 1, until: nil)
    _ = try settle(names[0], emitting: names[1])
    _ = try settle(names[1], emitting: names[2])
  }

  private func settle(_ queue: QueueName, emitting next: QueueName? = nil) throws {
    let claims = try made.store.claim(LeaseRequest(queue: queue, wanted: 1, length: .seconds(9)))
    let emitted = next.map { [Emission(queue: $0, id: ItemID("of \(queue)")!)] } ?? []
    made.tables.woken = []
    _ = try made.store.settle([
      LeaseSettlement(
        token: claims.claims[0].token, outcome: .succeeded, jitter: 0, emitted: emitted)
    ])
  }

  @Test func `the last item of a queue wakes those that it feeds, through others too`() throws {
    try settle(names[0])
    #expect(made.tables.woken.sorted() == [1, 2, 3])
    #expect(try made.store.summary(of: names[2])?.upstream.items == 0)
  }

  @Test func `so does its last item that is removed, and one that is not the last does not`() throws
  {
    _ = try made.store.enqueue(ItemBatch([ItemID("3")!]), to: names[0], priority: 9, until: nil)
    for (id, woken) in [("2", [1]), ("3", [1, 2, 3])] {
      made.tables.woken = []
      _ = try made.store.move([ItemID(id)!], in: names[0], by: .remove(force: false))
      #expect(made.tables.woken.sorted() == woken.map { UInt32($0) })
    }
  }
}
