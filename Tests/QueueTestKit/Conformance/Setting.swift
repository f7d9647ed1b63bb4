import QueueCore
import Testing

extension ConformanceCase {
  static let setting = [
    ConformanceCase("a rate bounds what is claimed, over workers, and a turn's own goes before it")
    {
      bench throws in
      let (one, two) = (try bench.register(), try bench.register())
      try bench.put("a", "b", "c", "d")
      try bench.configure {
        $0.rate = Rate(count: 1, per: .seconds(1))
      }
      #expect(try bench.claim(one, 9).names == ["a"])
      #expect(try bench.claim(two, 9).isEmpty)
      #expect(try bench.store.summary(of: bench.queue)?.nextStart == bench.now + .seconds(1))
      bench.now = bench.now + .seconds(1)
      let token = try bench.claim(two, 9)[0].token
      _ = try bench.turn(two, [(token, .released)])
      #expect(try bench.claim(one, 9).names == ["b"])
      var turn = Turn(queue: bench.queue, worker: one)
      (turn.wanted, turn.rate) = (9, Rate(count: 10_000, per: .seconds(1)))
      bench.now = bench.now + .seconds(2)
      #expect(try bench.store.turn(turn).claims.names == ["c", "d"])
    },
    ConformanceCase("a handler's pause holds at once, and shortens none") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      let token = try bench.claim(worker, 1)[0].token
      var turn = Turn(queue: bench.queue, worker: worker)
      turn.settlements = [
        Settlement(
          token: token, outcome: .succeeded, run: Bench.run, policy: bench.policy, jitter: 0)
      ]
      (turn.wanted, turn.pause) = (9, bench.now + .seconds(60))
      #expect(try bench.store.turn(turn).claims.isEmpty)
      turn.settlements = []
      turn.pause = bench.now + .seconds(30)
      #expect(
        try bench.store.turn(turn).summary?.settings.pause == .until(bench.now + .seconds(60)))
      try bench.configure { $0.pause = .indefinite }
      #expect(try bench.store.turn(turn).summary?.settings.pause == .indefinite)
    },
    ConformanceCase("minutes are counted, and those of a day ago are forgotten") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c")
      let claims = try bench.claim(worker, 3)
      _ = try bench.turn(
        worker,
        [
          (claims[0].token, .succeeded), (claims[1].token, .failed(final: true)),
          (claims[2].token, .failed(final: false)),
        ])
      let first = bench.now
      let minutes = try bench.store.history(of: bench.queue, since: first)
      #expect(minutes.count == 1 && minutes[0].firstEnd == first && minutes[0].enqueued == 3)
      #expect(minutes[0].done == 1 && minutes[0].failed == 1 && minutes[0].retried == 1)
      bench.now = first + .seconds(86_400)
      try bench.put("d")
      #expect(try bench.store.history(of: bench.queue, since: first).map(\.enqueued) == [1])
      #expect(try bench.store.history(of: QueueName(unchecked: "x"), since: first).isEmpty)
    },
    ConformanceCase("the output of the last run is kept until the next one or a retry") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let id = ItemID("a")!
      let long = KeptOutput(output: [UInt8](repeating: 1, count: 9_999), error: [2, 0])
      #expect(long.output.count == KeptOutput.maximumLength)
      try bench.end(worker, .failed(final: false), long)
      #expect(try bench.store.output(of: id, in: bench.queue) == long)
      try bench.end(worker, .released, nil)
      #expect(try bench.store.output(of: id, in: bench.queue) == long)
      try bench.end(worker, .crashed, nil)
      #expect(try bench.store.output(of: id, in: bench.queue) == nil)
      try bench.end(worker, .failed(final: true), long)
      #expect(try bench.move("a", by: .retry) == [.moved])
      #expect(try bench.store.output(of: id, in: bench.queue) == nil)
    },
    ConformanceCase("all items of a status are moved, a part at a time") { bench throws in
      let worker = try bench.register()
      try bench.put((0..<Turn.maximumItems + 2).map { ItemID("\($0)")! })
      let held = try bench.claim(worker, 1)
      let first = try bench.removeAll(.pending, nil)
      #expect(first.moved == Turn.maximumItems && first.next != nil)
      let second = try bench.removeAll(.pending, first.next)
      #expect(second.moved == 1 && second.next == nil)
      #expect(try bench.removeAll(.processing, nil).refused == held.count)
      #expect(try bench.counts().total == 1)
    },
    ConformanceCase("a queue is removed when it is empty, and its number is not used again") {
      bench throws in
      try bench.put("a")
      #expect(try !bench.store.removeQueue(bench.queue))
      #expect(try bench.move("a", by: .remove(force: false)) == [.moved])
      #expect(try bench.store.removeQueue(bench.queue))
      #expect(try bench.store.summaries().isEmpty)
      #expect(try bench.store.history(of: bench.queue, since: bench.now).isEmpty)
      try bench.put("a")
      #expect(try bench.store.item(ItemID("a")!, in: bench.queue)?.key.queue == 2)
    },
    ConformanceCase("items of several statuses are one listing in the order of the keys") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c", "d")
      let claims = try bench.claim(worker, 3)
      _ = try bench.turn(worker, [(claims[1].token, .succeeded)])
      var seen: [String] = []
      var after: ItemKey?
      repeat {
        let page = try bench.store.items(
          of: bench.queue, in: [.pending, .processing, .done], after: after, limit: 2)
        seen += page.items.map(\.id.description)
        after = page.next
      } while after != nil
      #expect(seen == ["a", "b", "c", "d"])
      #expect(
        try bench.store.items(of: bench.queue, in: [], after: nil, limit: 9).items.isEmpty)
    },
    ConformanceCase("a payload is read without a claim") { bench throws in
      try bench.put("a", payload: [7, 0])
      try bench.put("b", payload: nil)
      #expect(try bench.store.payload(of: ItemID("a")!, in: bench.queue) == [7, 0])
      #expect(try bench.store.payload(of: ItemID("b")!, in: bench.queue) == nil)
      #expect(try bench.store.payload(of: ItemID("c")!, in: bench.queue) == nil)
    },
  ]
}
