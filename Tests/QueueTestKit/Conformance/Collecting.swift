import QueueCore
import Testing

extension Bench {
  func ends(
    after: UInt64 = 0, _ change: (inout EndRequest) -> Void = { _ in }
  ) throws -> [ItemEnd] {
    var request = EndRequest(after: after)
    change(&request)
    return try store.ends(of: queue, request)
  }

  /// Ends a claim with what its item gives back; nil: nothing.
  @discardableResult
  func settle(
    _ worker: WorkerID, _ token: Token, _ outcome: Outcome = .succeeded, result: ItemResult?,
    collects: Bool = false
  ) throws -> Settled? {
    var turn = Turn(queue: queue, worker: worker)
    turn.settlements = [
      Settlement(
        token: token, outcome: outcome, run: Self.run, policy: policy, jitter: 0, result: result)
    ]
    turn.collects = collects
    return try store.turn(turn).settled.first
  }
}

extension ItemResult {
  init(_ text: String, _ form: Form = .bytes) { self.init(Array(text.utf8), form: form) }
}

extension ConformanceCase {
  static let collecting = [
    ConformanceCase("ends have numbers in their order, with what their items gave back") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c", "d")
      let claims = try bench.claim(worker, 4)
      // Nobody collects yet.
      try bench.settle(worker, claims[0].token, result: nil)
      #expect(try bench.ends().isEmpty)
      try bench.settle(worker, claims[2].token, result: ItemResult("[1]", .json))
      try bench.settle(worker, claims[1].token, .failed(final: true), result: ItemResult("lost"))
      try bench.settle(worker, claims[3].token, result: nil)
      let ends = try bench.ends { $0.withItems = true }
      #expect(ends.map(\.number) == [1, 2, 3])
      #expect(ends.map { $0.item?.id.description } == ["c", "b", "d"])
      #expect(ends.map(\.status) == [.done, .failed, .done])
      #expect(ends.map(\.result) == [ItemResult("[1]", .json), nil, nil])
      #expect(try bench.store.end(of: ItemID("c")!, in: bench.queue) == ends[0])
      #expect(try bench.store.end(of: ItemID("a")!, in: bench.queue) == nil)
      #expect(try bench.ends(after: 1).map(\.number) == [2, 3])
      #expect(try bench.ends { $0.limit = 1 }.map(\.item) == [nil])
      #expect(try bench.ends(after: .max).isEmpty)
    },
    ConformanceCase("a worker that collects has ends numbered though they give nothing back") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      let claims = try bench.claim(worker, 2)
      try bench.settle(worker, claims[0].token, result: nil, collects: true)
      try bench.settle(worker, claims[1].token, result: ItemResult([]))
      #expect(try bench.ends().map(\.result) == [nil, ItemResult([])])
      // Other queues are not numbered.
      #expect(try bench.store.ends(of: QueueName("b")!, EndRequest(after: 0)).isEmpty)
    },
    ConformanceCase("an attempt, a loss and a deferral are no ends") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      for outcome in [Outcome.failed(final: false), .deferred(for: nil), .released, .crashed] {
        bench.policy.maximumAttempts = 9
        let token = try bench.claim(worker, 1)[0].token
        try bench.settle(worker, token, outcome, result: ItemResult("x"))
        bench.now = bench.now + .seconds(999)
      }
      #expect(try bench.ends().isEmpty)
      try bench.settle(worker, bench.claim(worker, 1)[0].token, result: ItemResult("y"))
      #expect(try bench.ends().map(\.result) == [ItemResult("y")])
    },
    ConformanceCase(
      "what is retried or removed takes its end away, and its number is not given again"
    ) {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      let claims = try bench.claim(worker, 2)
      try bench.settle(worker, claims[0].token, .failed(final: true), result: ItemResult("x"))
      try bench.settle(worker, claims[1].token, result: ItemResult("b"))
      #expect(try bench.move("a", by: .retry) == [.moved])
      #expect(try bench.move("b", by: .remove(force: false)) == [.moved])
      #expect(try bench.ends().isEmpty)
      try bench.settle(worker, bench.claim(worker, 1)[0].token, result: ItemResult("a"))
      #expect(try bench.ends().map(\.number) == [3])
    },
    ConformanceCase("large results come a few at a time") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c", "d")
      for claim in try bench.claim(worker, 4) {
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0) }
        try bench.settle(worker, claim.token, result: ItemResult(bytes))
      }
      #expect(try bench.ends { $0.bytes = 1_000_000 }.map(\.number) == [1, 2])
      #expect(try bench.ends(after: 2) { $0.bytes = 1 }.map(\.number) == [3])
      #expect(try bench.ends(after: 3).first?.result?.bytes.count == 600_000)
    },
    ConformanceCase("claims by lease give back as others do, and what runs out gives nothing") {
      bench throws in
      try bench.put("a", "b")
      try bench.configure { $0.maximumLosses = 1 }
      let claims = try bench.lease(2, seconds: 5).claims
      _ = try bench.store.settle([
        LeaseSettlement(
          token: claims[0].token, outcome: .succeeded, jitter: 0, result: ItemResult("r"))
      ])
      bench.now = bench.now + .seconds(5)
      #expect(try bench.store.expire() == 1)
      #expect(try bench.ends().map(\.status) == [.done, .failed])
      #expect(try bench.ends().map(\.result) == [ItemResult("r"), nil])
    },
    ConformanceCase("a reader remembers how far it came, and never goes back") { bench throws in
      try bench.put("a")
      let (one, two) = (ReaderName("one")!, ReaderName("two")!)
      func read(_ reader: ReaderName) throws -> UInt64 {
        try bench.store.lastRead(by: reader, of: number())
      }
      func number() throws -> UInt32 { try bench.store.summary(of: bench.queue)?.number ?? 0 }
      #expect(try read(one) == 0)
      let first = try number()
      try bench.store.note(lastRead: 7, by: one, of: first)
      try bench.store.note(lastRead: 3, by: one, of: first)
      #expect(try read(one) == 7 && read(two) == 0)
      #expect(throws: StoreError.self) { try bench.store.note(lastRead: 1, by: one, of: 99) }
      #expect(try bench.store.lastRead(by: one, of: 99) == 0)
      _ = try bench.move("a", by: .remove(force: false))
      #expect(try bench.store.removeQueue(bench.queue))
      try bench.put("a")
      // Whoever was still reading the first one does not move on in the second.
      #expect(throws: StoreError.self) { try bench.store.note(lastRead: 9, by: one, of: first) }
      #expect(try read(one) == 0)
    },
  ]
}
