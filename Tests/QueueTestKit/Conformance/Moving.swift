import QueueCore
import Testing

extension ConformanceCase {
  static let moving = [
    ConformanceCase("a failed item is tried afresh, another is refused") { bench throws in
      let worker = try bench.register()
      try bench.put("bad", "good", "held", "new")
      try bench.put("later", until: bench.now + .seconds(1))
      let claims = try bench.claim(worker, 3)
      _ = try bench.turn(
        worker, [(claims[0].token, .failed(final: true)), (claims[1].token, .succeeded)])
      let results = try bench.move("bad", "good", "held", "new", "later", "none", by: .retry)
      #expect(
        results == [
          .moved, .refused(.done), .refused(.processing), .refused(.pending), .refused(.delayed),
          .missing,
        ])
      #expect(try bench.state("bad") == .pending(Tally()))
      #expect(try bench.claim(worker, 1).names == ["bad"])
    },
    ConformanceCase("an item is removed from any status, from a worker only by force") {
      bench throws in
      let worker = try bench.register()
      try bench.put("bad", "good", "held", "new")
      try bench.put("later", until: bench.now + .seconds(1))
      let claims = try bench.claim(worker, 3)
      _ = try bench.turn(
        worker, [(claims[0].token, .failed(final: true)), (claims[1].token, .succeeded)])
      let gentle = try bench.move("bad", "good", "held", "new", "later", by: .remove(force: false))
      #expect(gentle == [.moved, .moved, .refused(.processing), .moved, .moved])
      #expect(try bench.move("held", "bad", by: .remove(force: true)) == [.moved, .missing])
      let counts = try bench.counts()
      #expect(counts.total == 0 && counts.removed == 5 && counts.areConserved)
      #expect(counts.scheduled == 0)
      #expect(try bench.store.summary(of: bench.queue)?.nextDue == nil)
      #expect(try bench.store.claims(of: worker).isEmpty)
    },
    ConformanceCase("an orphaned item can be removed by force") { bench throws in
      let dead = try bench.register()
      try bench.put("a")
      _ = try bench.claim(dead, 1)
      _ = try bench.recover(dead) { _ in .orphaned }
      #expect(try bench.move("a", by: .remove(force: true)) == [.moved])
      #expect(try bench.counts().orphaned == 0)
      #expect(try bench.recover(dead) == Recovery())
      #expect(try bench.store.workers().isEmpty)
    },
    ConformanceCase("each id of a move has its answer, in order, twice when it comes twice") {
      bench throws in
      try bench.put("a", "b")
      let results = try bench.move("b", "c", "b", "a", by: .remove(force: false))
      #expect(results == [.moved, .missing, .missing, .moved])
      #expect(try bench.move(by: .retry).isEmpty)
    },
    ConformanceCase("more ids are moved than one transaction takes") { bench throws in
      let ids = (0..<Turn.maximumItems + 2).map { ItemID("\($0)")! }
      try bench.put(ids)
      let results = try bench.store.move(ids, in: bench.queue, by: .remove(force: false))
      #expect(results == ids.map { _ in .moved })
      #expect(try bench.counts().removed == UInt64(ids.count))
    },
    ConformanceCase("a queue that is not there has no items to move") { bench throws in
      #expect(try bench.move("a", by: .retry) == [.missing])
      #expect(try bench.store.summaries().isEmpty)
    },
  ]

  static let looking = [
    ConformanceCase("a listing is paged in the order of the keys, without gaps") { bench throws in
      try bench.put("d", priority: 200)
      try bench.put("b", "c")
      try bench.put("a", priority: 1)
      try bench.put("x", to: QueueName(unchecked: "other"), priority: 1)
      for limit in 1...5 {
        var seen: [String] = []
        var after: ItemKey?
        repeat {
          let page = try bench.store.items(
            of: bench.queue, in: .pending, after: after, limit: limit)
          #expect(page.items.count <= limit && (page.next == nil || page.items.count == limit))
          seen += page.items.map(\.id.description)
          after = page.next
        } while after != nil
        #expect(seen == ["a", "b", "c", "d"], "limit \(limit)")
      }
    },
    ConformanceCase("a page begins after its key though the item is gone") { bench throws in
      try bench.put("a", "b", "c")
      let page = try bench.store.items(of: bench.queue, in: .pending, after: nil, limit: 2)
      #expect(page.next == page.items[1].key)
      #expect(try bench.move("b", by: .remove(force: false)) == [.moved])
      let rest = try bench.store.items(of: bench.queue, in: .pending, after: page.next, limit: 2)
      #expect(rest.items.map(\.id.description) == ["c"] && rest.next == nil)
    },
    ConformanceCase("a page of no items is the last") { bench throws in
      try bench.put("a")
      let none = ItemPage(items: [], next: nil)
      #expect(try bench.store.items(of: bench.queue, in: .pending, after: nil, limit: 0) == none)
      #expect(try bench.store.items(of: bench.queue, in: .done, after: nil, limit: 5) == none)
      let other = QueueName(unchecked: "other")
      #expect(try bench.store.items(of: other, in: .pending, after: nil, limit: 5) == none)
    },
    ConformanceCase("an item is found by its id, in its queue") { bench throws in
      try bench.put("a", payload: [1, 2, 3])
      let item = Item(
        key: ItemKey(queue: 1, priority: 128, sequence: 1), id: ItemID("a")!, payloadLength: 3,
        enqueuedAt: bench.now, state: .pending(Tally()))
      #expect(try bench.store.item(ItemID("a")!, in: bench.queue) == item)
      #expect(try bench.store.item(ItemID("b")!, in: bench.queue) == nil)
      #expect(try bench.store.item(ItemID("a")!, in: QueueName(unchecked: "other")) == nil)
    },
    ConformanceCase("queues are listed in the order in which they were made") { bench throws in
      let names = ["z", "a", "m"].map { QueueName(unchecked: $0) }
      for name in names { try bench.put("1", to: name) }
      #expect(try bench.store.summaries().map(\.name) == names)
      #expect(try bench.store.summary(of: bench.queue) == nil)
    },
  ]
}
