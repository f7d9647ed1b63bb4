import QueueCore
import Testing

/// What an item emits is there when it is done, in the same transaction, and feeds another queue.
extension ConformanceCase {
  private static let other = QueueName(unchecked: "other")
  private static let third = QueueName(unchecked: "third")

  private static func to(_ queue: QueueName, _ ids: String...) -> [Emission] {
    ids.map { Emission(queue: queue, id: ItemID($0)!, payload: Array("of \($0)".utf8)) }
  }

  /// Claims the next item of a queue by lease, and settles it.
  private static func settle(
    _ bench: Bench, from queue: QueueName = .default, _ emitted: [Emission],
    as outcome: Outcome = .succeeded
  ) throws -> LeaseSettled {
    let token = try bench.lease(1, from: queue).claims[0].token
    return try bench.store.settle([
      LeaseSettlement(token: token, outcome: outcome, jitter: 0, emitted: emitted)
    ])
  }

  static let emitting = [
    ConformanceCase("what an item emits is there once it is done, with its priority and payload") {
      bench throws in
      try bench.put("a", priority: 7)
      try bench.put("x", to: other)
      let settled = try settle(bench, to(other, "x", "y", "z", "y") + to(third, "x"))
      #expect(settled.emitted == EnqueueResult(enqueued: 3, duplicates: 2))
      #expect(settled.answers.count == 1 && settled.answers[0] != .stale)
      #expect(try bench.ids(.pending, of: other) == ["y", "z", "x"])
      #expect(try bench.ids(.pending, of: third) == ["x"])
      let item = try #require(try bench.store.item(ItemID("y")!, in: other))
      #expect(item.key.priority == 7 && item.enqueuedAt == bench.now)
      #expect(try bench.store.payload(of: ItemID("y")!, in: other) == Array("of y".utf8))
      #expect(try bench.counts(of: other).enqueued == 3)
    },
    ConformanceCase("a worker's settlements emit before it claims, also into its own queue") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      var turn = Turn(queue: bench.queue, worker: worker)
      turn.wanted = 2
      turn.settlements = try bench.store.turn(turn).claims.map { claim in
        Settlement(
          token: claim.token, outcome: claim.id.description == "a" ? .succeeded : .crashed,
          run: Bench.run, policy: RetryPolicy(), jitter: 0.5,
          emitted: to(bench.queue, "of \(claim.id)"))
      }
      turn.wanted = 9
      let result = try bench.store.turn(turn)
      #expect(result.emitted == EnqueueResult(enqueued: 1, duplicates: 0))
      #expect(result.claims.names == ["of a"] && result.summary?.counts.enqueued == 3)
      #expect(result.summary?.upstream == Upstream())
    },
    ConformanceCase("a claim that ends otherwise, or is stale, emits nothing") { bench throws in
      let outcomes: [Outcome] = [
        .failed(final: true), .failed(final: false), .deferred(for: nil), .released,
      ]
      for (index, outcome) in outcomes.enumerated() {
        try bench.put("\(index)")
        #expect(try settle(bench, to(other, "x"), as: outcome).emitted.enqueued == 0)
      }
      let token = try bench.lease(1).claims[0].token
      _ = try bench.end((token, .succeeded))
      let end = LeaseSettlement(
        token: token, outcome: .succeeded, jitter: 0, emitted: to(other, "x"))
      #expect(try bench.store.settle([end]).emitted.enqueued == 0)
      #expect(try bench.store.summary(of: other) == nil)
      #expect(try bench.store.summary(of: bench.queue)?.upstream == Upstream())
    },
    ConformanceCase("an item that emits more than it may is refused, and nothing changes") {
      bench throws in
      try bench.put("a")
      let worker = try bench.register()
      let token = try bench.lease(1).claims[0].token
      let before = try bench.everything()
      let many = (0...Emission.maximumCount).map { to(other, "\($0)")[0] }
      let large = (0..<2).map {
        Emission(
          queue: other, id: ItemID("\($0)")!,
          payload: [UInt8](repeating: 1, count: Emission.maximumBytes / 2))
      }
      for emitted in [many, large] {
        let end = LeaseSettlement(token: token, outcome: .succeeded, jitter: 0, emitted: emitted)
        let failure = #expect(throws: StoreError.self) { try bench.store.settle([end]) }
        var turn = Turn(queue: bench.queue, worker: worker)
        turn.settlements = [
          Settlement(
            token: token, outcome: .succeeded, run: Bench.run, policy: RetryPolicy(), jitter: 0,
            emitted: emitted)
        ]
        let other = #expect(throws: StoreError.self) { try bench.store.turn(turn) }
        #expect(failure?.code == .limit && other?.code == .limit)
      }
      #expect(try bench.everything() == before)
      let end = LeaseSettlement(
        token: token, outcome: .succeeded, jitter: 0, emitted: Array(many.dropLast()))
      #expect(try bench.store.settle([end]).emitted.enqueued == Emission.maximumCount)
    },
    ConformanceCase("a queue knows what feeds it, also through others, and what is left there") {
      bench throws in
      try bench.put("a", "b")
      _ = try settle(bench, to(other, "x"))
      _ = try settle(bench, from: other, to(third, "y"))
      let summaries = try bench.store.summaries()
      #expect(summaries.map(\.name) == [.default, other, third])
      #expect(summaries.map(\.upstream.feeders) == [[], [.default], [other]])
      #expect(summaries.map(\.upstream.unfinished) == [[], [.default], [.default]])
      #expect(summaries.map(\.upstream.items) == [0, 1, 1])
      #expect(summaries.map(\.upstream.moving) == [0, 1, 1])
      _ = try settle(bench, [])
      #expect(try bench.store.summary(of: third)?.upstream.items == 0)
      #expect(try bench.store.summary(of: third)?.upstream.feeders == [other])
      // A look in the transaction that changes it.
      try bench.put("c")
      #expect(try bench.lease(1, from: third).summary?.upstream.items == 1)
    },
    ConformanceCase("in a cycle each queue counts once, and none itself") { bench throws in
      try bench.put("a", "b")
      _ = try settle(bench, to(other, "x", "y", "z"))
      _ = try settle(bench, from: other, to(bench.queue, "c", "d"))
      let summaries = try bench.store.summaries()
      #expect(summaries.map(\.upstream.items) == [2, 3])
      #expect(summaries.map(\.upstream.feeders) == [[other], [.default]])
    },
    ConformanceCase("what nobody will move upstream is told apart") { bench throws in
      try bench.put("a", "b", "c")
      _ = try settle(bench, to(other, "x"))
      func upstream() throws -> Upstream {
        try bench.store.summary(of: other)?.upstream ?? Upstream()
      }
      #expect(try upstream().moving == 2)
      _ = try bench.lease(1)
      #expect(try upstream().moving == 1 && upstream().items == 2)
      try bench.configure { $0.pause = .indefinite }
      #expect(try upstream().moving == 0 && upstream().items == 2)
      try bench.configure { $0.pause = .until(bench.now + .seconds(9)) }
      #expect(try upstream().moving == 1)
      try bench.configure { $0.pause = nil }
      let worker = try bench.register()
      _ = try bench.claim(worker, 1)
      #expect(try upstream().moving == 1)
      _ = try bench.recover(worker) { _ in .orphaned }
      #expect(try upstream().moving == 0 && upstream().nextDue == nil)
      let due = bench.now + .seconds(500)
      try bench.put("later", until: due)
      #expect(try upstream().moving == 0 && upstream().nextDue == due && upstream().items == 3)
    },
    ConformanceCase("a queue that is removed feeds nothing, and nothing feeds it") { bench throws in
      try bench.put("a")
      _ = try settle(bench, to(other, "x"))
      _ = try settle(bench, from: other, to(third, "y"))
      _ = try bench.store.move([ItemID("x")!], in: other, by: .remove(force: false))
      #expect(try bench.store.removeQueue(other))
      #expect(try bench.store.summaries().map(\.upstream) == [Upstream(), Upstream()])
      try bench.put("x", to: other)
      #expect(try bench.store.summaries().map(\.upstream.feeders) == [[], [], []])
    },
  ]
}
