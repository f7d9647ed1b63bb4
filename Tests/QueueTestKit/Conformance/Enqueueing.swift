import QueueCore
import Testing

private let other = QueueName(unchecked: "other")

extension ConformanceCase {
  static let enqueueing = [
    ConformanceCase("an id is taken once in a batch, the first time it comes") { bench throws in
      var batch = ItemBatch()
      batch.append(id: Array("a".utf8), payload: [1])
      batch.append(id: Array("b".utf8), payload: nil)
      batch.append(id: Array("a".utf8), payload: [2, 2])
      let result = try bench.store.enqueue(
        batch, to: bench.queue, priority: 128, until: nil)
      #expect(result == EnqueueResult(enqueued: 2, duplicates: 1))
      let item = try #require(try bench.store.item(ItemID("a")!, in: bench.queue))
      #expect(item.payloadLength == 1)
    },
    ConformanceCase("an id is taken once over many batches, whatever became of it") {
      bench throws in
      try bench.put("a", "b", "c")
      let worker = try bench.register()
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.put("a", "d") == EnqueueResult(enqueued: 1, duplicates: 1))
      _ = try bench.settle(worker, token, .succeeded)
      #expect(try bench.put("a", "b") == EnqueueResult(enqueued: 0, duplicates: 2))
      let counts = try bench.counts()
      #expect(counts.enqueued == 4 && counts.total == 4 && counts.areConserved)
    },
    ConformanceCase("a removed id may come again, as a new item") { bench throws in
      try bench.put("a", "b")
      let before = try #require(try bench.store.item(ItemID("a")!, in: bench.queue))
      #expect(try bench.move("a", by: .remove(force: false)) == [.moved])
      #expect(try bench.put("a") == EnqueueResult(enqueued: 1, duplicates: 0))
      let after = try #require(try bench.store.item(ItemID("a")!, in: bench.queue))
      #expect(after.key > before.key)
      #expect(try bench.ids(.pending) == ["b", "a"])
    },
    ConformanceCase("queues do not share their ids") { bench throws in
      try bench.put("a")
      #expect(try bench.put("a", to: other) == EnqueueResult(enqueued: 1, duplicates: 0))
      #expect(try bench.move("a", by: .remove(force: false)) == [.moved])
      #expect(try bench.ids(.pending, of: other) == ["a"])
      #expect(try bench.ids(.pending).isEmpty)
    },
    ConformanceCase("an empty batch makes the queue") { bench throws in
      #expect(try bench.put([], to: other) == EnqueueResult(enqueued: 0, duplicates: 0))
      #expect(try bench.store.summaries().map(\.name) == [other])
    },
    ConformanceCase("a sequence is used up by each id, duplicates included") { bench throws in
      try bench.put("a", "a", "b")
      try bench.put("c")
      let items = try bench.store.items(of: bench.queue, in: .pending, after: nil, limit: 9).items
      #expect(items.map(\.key.sequence) == [1, 3, 4])
      #expect(items.allSatisfy { $0.key.priority == 128 && $0.enqueuedAt == bench.now })
    },
    ConformanceCase("a batch of ten thousand ids in any order arrives whole") { bench throws in
      var random = SplitMix64(seed: 1)
      let ids = (0..<10_000).map { "id \($0)" }.shuffled(using: &random)
      #expect(try bench.put(ids.map { ItemID($0)! }).enqueued == 10_000)
      #expect(try bench.ids(.pending) == ids)
      #expect(try bench.put(ids.sorted().map { ItemID($0)! }).duplicates == 10_000)
      #expect(try bench.counts().enqueued == 10_000)
    },
  ]

  static let ordering = [
    ConformanceCase("items are claimed by priority, then in order of arrival") { bench throws in
      try bench.put("late", priority: 255)
      try bench.put("b", "a")
      try bench.put("urgent", priority: 0)
      try bench.put("c")
      let worker = try bench.register()
      #expect(try bench.claim(worker, 9).names == ["urgent", "b", "a", "c", "late"])
    },
    ConformanceCase("an item that comes back keeps its place") { bench throws in
      try bench.put("a", "b")
      let worker = try bench.register()
      let claims = try bench.claim(worker, 1)
      try bench.put("c")
      _ = try bench.settle(worker, claims[0].token, .released)
      #expect(try bench.claim(worker, 9).names == ["a", "b", "c"])
    },
    ConformanceCase("a queue's items are claimed for that queue alone") { bench throws in
      try bench.put("a")
      try bench.put("x", to: other)
      try bench.put("b")
      let worker = try bench.register()
      #expect(try bench.claim(worker, 9).names == ["a", "b"])
      #expect(try bench.claim(worker, 9, from: other).names == ["x"])
    },
  ]

  static let delaying = [
    ConformanceCase("delayed items come by their moments, and behind them those that await batches")
    {
      bench throws in
      let moment = bench.now + .seconds(60)
      try bench.put("late", until: moment + .seconds(1))
      try bench.put("second", "third", until: moment)
      try bench.put("urgent", priority: 1, until: moment)
      try bench.put("now")
      try bench.put("part", into: "b")
      try bench.put("sum", into: nil, after: [("b", .complete)])
      try bench.put("elsewhere", to: QueueName(unchecked: "other"), until: bench.now)
      let order = ["urgent", "second", "third", "late", "sum"]
      for limit in 1...6 {
        var seen: [String] = []
        var after: DelayedPlace?
        repeat {
          let page = try bench.store.delayedItems(of: bench.queue, after: after, limit: limit)
          #expect(page.items.count <= limit && (page.next == nil || page.items.count == limit))
          seen += page.items.map(\.id.description)
          after = page.next
        } while after != nil
        #expect(seen == order, "limit \(limit)")
      }
      // What stood at a place need not be there any more.
      let page = try bench.store.delayedItems(of: bench.queue, after: nil, limit: 2)
      #expect(try bench.move("second", by: .remove(force: false)) == [.moved])
      let rest = try bench.store.delayedItems(of: bench.queue, after: page.next, limit: 9)
      #expect(rest.items.map(\.id.description) == ["third", "late", "sum"] && rest.next == nil)
      let none = DelayedPage(items: [], next: nil)
      let unknown = QueueName(unchecked: "unknown")
      #expect(try bench.store.delayedItems(of: unknown, after: nil, limit: 5) == none)
    },
    ConformanceCase("a delayed item waits until its moment, and not longer") { bench throws in
      let moment = bench.now + .seconds(5)
      try bench.put("a", until: moment)
      let worker = try bench.register()
      let delay = Delay(tally: Tally(), until: moment, reason: .scheduled, lastRun: nil)
      #expect(try bench.state("a") == .delayed(delay))
      bench.now = moment + .microseconds(-1)
      let early = try bench.turn(worker, wanted: 1)
      #expect(early.claims.isEmpty && early.summary?.nextDue == moment)
      #expect(early.summary?.counts.scheduled == 1)
      bench.now = moment
      let onTime = try bench.turn(worker, wanted: 1)
      #expect(onTime.claims.names == ["a"] && onTime.summary?.nextDue == nil)
      #expect(onTime.summary?.counts.scheduled == 0)
    },
    ConformanceCase("due items become pending though nothing is claimed") { bench throws in
      try bench.put("a", until: bench.now)
      try bench.put("b", to: other, until: bench.now)
      let worker = try bench.register()
      #expect(try bench.turn(worker).summary?.counts.pending == 1)
      #expect(try bench.ids(.delayed, of: other) == ["b"])
    },
    ConformanceCase("the next moment is the earliest of the queue's own") { bench throws in
      try bench.put("a", until: bench.now + .seconds(9))
      try bench.put("b", until: bench.now + .seconds(3))
      try bench.put("c", to: other, until: bench.now + .seconds(1))
      #expect(try bench.store.summary(of: bench.queue)?.nextDue == bench.now + .seconds(3))
      #expect(try bench.move("b", by: .remove(force: false)) == [.moved])
      #expect(try bench.store.summary(of: bench.queue)?.nextDue == bench.now + .seconds(9))
    },
    ConformanceCase("one turn makes no more than its bound of delayed items pending") {
      bench throws in
      let ids = (0..<Turn.maximumItems + 3).map { ItemID("\($0)")! }
      try bench.put(ids, until: bench.now)
      try bench.put("earlier", until: bench.now + .seconds(-1))
      let worker = try bench.register()
      #expect(try bench.turn(worker).summary?.counts.pending == UInt64(Turn.maximumItems))
      #expect(try bench.state("earlier")?.status == .pending)
      #expect(try bench.turn(worker).summary?.counts.delayed == 0)
    },
  ]
}
