import QueueCore
import Testing

extension Bench {
  /// Enqueues ids into a batch, and behind others.
  func put(
    _ ids: String..., into batch: String?, after: [(String, BatchEnd)] = [],
    to queue: QueueName = .default, until: Timestamp? = nil
  ) throws {
    var items = ItemBatch(ids.map { ItemID($0)! })
    items.batch = batch.map { BatchName($0)! }
    items.after = after.map { Prerequisite(BatchName($0.0)!, $0.1) }
    _ = try store.enqueue(items, to: queue, priority: 128, until: until)
  }

  @discardableResult
  func seal(_ batch: String, isFilled: Bool = false) throws -> BatchSummary? {
    try store.seal(BatchName(batch)!) { _ in isFilled }
  }

  func batch(_ name: String) throws -> BatchSummary? { try store.batch(BatchName(name)!) }

  func awaited(by queue: QueueName) throws -> AwaitedBatches? {
    try store.summary(of: queue)?.awaited
  }

  /// Claims all that there is, and ends it.
  @discardableResult
  func work(_ worker: WorkerID, _ outcome: Outcome = .succeeded) throws -> [String] {
    let claims = try claim(worker, 4_000)
    _ = try turn(worker, claims.map { ($0.token, outcome) })
    return claims.names
  }
}

extension ConformanceCase {
  static let batching = [
    ConformanceCase("what waits for a batch goes on when that is sealed and every item is done") {
      bench throws in
      try bench.put("m1", "m2", into: "maps")
      try bench.put("r", into: nil, after: [("maps", .complete)])
      let worker = try bench.register()
      #expect(try bench.work(worker) == ["m1", "m2"])
      #expect(try bench.claim(worker, 9) == [])
      #expect(try bench.batch("maps")?.waiting == 1)
      #expect(try bench.counts().awaiting == 1)
      try bench.seal("maps")
      #expect(try bench.batch("maps")?.isOver(.complete) == true)
      #expect(try bench.store.summary(of: bench.queue)?.hasItems(at: bench.now) == true)
      #expect(try bench.work(worker) == ["r"])
      #expect(try bench.batch("maps")?.waiting == 0)
    },
    ConformanceCase("the turn that settles a batch's last item claims what waited for it") {
      bench throws in
      try bench.put("m", into: "maps")
      try bench.seal("maps")
      try bench.put("r", into: nil, after: [("maps", .complete)])
      let worker = try bench.register()
      let claim = try bench.claim(worker, 9)[0]
      #expect(
        try bench.turn(worker, [(claim.token, .succeeded)], wanted: 9).claims.names == ["r"])
    },
    ConformanceCase("a batch that others fill is not sealed") { bench throws in
      try bench.put("m", into: "maps")
      #expect(try bench.seal("maps", isFilled: true)?.isSealed == false)
      #expect(try bench.seal("maps")?.isSealed == true)
      #expect(try bench.seal("nothing") == nil)
    },
    ConformanceCase("a failed item holds up who waits for all to be done, a retry included") {
      bench throws in
      try bench.put("m1", "m2", into: "maps")
      try bench.seal("maps")
      try bench.put("all", into: nil, after: [("maps", .complete)])
      try bench.put("any", into: nil, after: [("maps", .ended)])
      let worker = try bench.register()
      let claims = try bench.claim(worker, 2)
      _ = try bench.turn(
        worker, [(claims[0].token, .succeeded), (claims[1].token, .failed(final: true))])
      #expect(try bench.work(worker) == ["any"])
      #expect(try bench.move("m2", by: .retry) == [.moved])
      #expect(try bench.batch("maps")?.isOver(.ended) == false)
      #expect(try bench.work(worker) == ["m2"])
      #expect(try bench.work(worker) == ["all"])
    },
    ConformanceCase("who waits for several batches waits for the last, each in its way") {
      bench throws in
      try bench.put("a", into: "one")
      try bench.put("b", into: "two")
      try bench.seal("one")
      try bench.seal("two")
      try bench.put("r", into: nil, after: [("one", .complete), ("two", .ended)])
      let worker = try bench.register()
      let claims = try bench.claim(worker, 2)
      _ = try bench.settle(worker, claims[0].token, .succeeded)
      #expect(try bench.claim(worker, 9) == [])
      _ = try bench.settle(worker, claims[1].token, .failed(final: true))
      #expect(try bench.work(worker) == ["r"])
    },
    ConformanceCase("what has come already is not waited for") { bench throws in
      try bench.store.open(BatchName("none")!) { (_) throws(StoreError) in }
      try bench.seal("none")
      try bench.put("r", into: nil, after: [("none", .complete)])
      #expect(try bench.ids(.pending) == ["r"])
    },
    ConformanceCase("a batch that is not there cannot be waited for") { bench throws in
      #expect(throws: StoreError.self) {
        try bench.put("r", into: nil, after: [("nothing", .complete)])
      }
      #expect(try bench.store.summaries().isEmpty)
    },
    ConformanceCase("a batch that is opened again has another end; who waited is not kept") {
      bench throws in
      try bench.put("m1", into: "maps")
      try bench.seal("maps")
      try bench.put("first", into: nil, after: [("maps", .complete)])
      let worker = try bench.register()
      let claim = try bench.claim(worker, 1)[0]
      _ = try bench.turn(worker, [(claim.token, .succeeded)], from: QueueName("elsewhere")!)
      // Complete, and nobody has told those that wait.
      try bench.put("m2", into: "maps")
      try bench.put("second", into: nil, after: [("maps", .complete)])
      #expect(Set(try bench.work(worker)) == ["first", "m2"])
      #expect(try bench.work(worker) == [])
      try bench.seal("maps")
      #expect(try bench.work(worker) == ["second"])
    },
    ConformanceCase("what an item emits belongs to its batch") { bench throws in
      try bench.put("m", into: "maps")
      try bench.seal("maps")
      try bench.put("r", into: nil, after: [("maps", .complete)])
      let worker = try bench.register()
      let claim = try bench.claim(worker, 1)[0]
      var turn = Turn(queue: bench.queue, worker: worker)
      turn.settlements = [
        Settlement(
          token: claim.token, outcome: .succeeded, run: Bench.run, policy: bench.policy, jitter: 0,
          emitted: [Emission(queue: bench.queue, id: ItemID("child")!)])
      ]
      turn.wanted = 9
      #expect(try bench.store.turn(turn).claims.names == ["child"])
      #expect(try bench.batch("maps")?.counts.processing == 1)
      #expect(
        try bench.store.item(ItemID("child")!, in: bench.queue)?.batch == BatchName("maps"))
    },
    ConformanceCase("an item that is removed belongs to its batch no more") { bench throws in
      try bench.put("m1", "m2", into: "maps")
      try bench.seal("maps")
      try bench.put("r1", "r2", into: nil, after: [("maps", .complete)])
      let worker = try bench.register()
      let claim = try bench.claim(worker, 1)[0]
      _ = try bench.settle(worker, claim.token, .succeeded)
      #expect(try bench.move("r1", "m2", by: .remove(force: false)) == [.moved, .moved])
      #expect(try bench.work(worker) == ["r2"])
    },
    ConformanceCase("a batch is removed once it is sealed, empty and not waited for") {
      bench throws in
      try bench.put("m", into: "maps")
      let name = BatchName("maps")!
      #expect(try bench.store.remove(name) == false)
      #expect(try bench.move("m", by: .remove(force: false)) == [.moved])
      #expect(try bench.store.remove(name) == false)
      try bench.put("r", into: nil, after: [("maps", .complete)])
      try bench.seal("maps")
      #expect(try bench.store.remove(name) == false)
      #expect(try bench.work(bench.register()) == ["r"])
      #expect(try bench.store.remove(name))
      #expect(try bench.store.batches(after: nil, limit: 9).isEmpty)
      try bench.put("n", into: "maps")
      #expect(try bench.batch("maps")?.number == 2)
    },
    ConformanceCase("a delay counts where it ends after the batch") { bench throws in
      try bench.store.open(BatchName("maps")!) { (_) throws(StoreError) in }
      try bench.put(
        "r", into: nil, after: [("maps", .complete)], until: bench.now + .seconds(5))
      #expect(try bench.store.summary(of: bench.queue)?.nextDue == nil)
      try bench.seal("maps")
      let worker = try bench.register()
      #expect(try bench.claim(worker, 1) == [])
      #expect(try bench.counts().scheduled == 1)
      bench.now = bench.now + .seconds(5)
      #expect(try bench.work(worker) == ["r"])
    },
    ConformanceCase("a lease that runs out, and a lost run, count as open") { bench throws in
      try bench.put("m", into: "maps")
      try bench.seal("maps")
      #expect(try bench.lease(1, seconds: 1).claims.count == 1)
      #expect(try bench.batch("maps")?.counts.processing == 1)
      bench.now = bench.now + .seconds(2)
      _ = try bench.store.expire()
      #expect(try bench.batch("maps")?.counts.pending == 1)
    },
    ConformanceCase("no turn lets more go on than a transaction takes") { bench throws in
      try bench.store.open(BatchName("maps")!) { (_) throws(StoreError) in }
      var items = ItemBatch((1...9_000).map { ItemID("r\($0)")! })
      items.after = [Prerequisite(BatchName("maps")!, .complete)]
      _ = try bench.store.enqueue(items, to: bench.queue, priority: 128, until: nil)
      try bench.seal("maps")
      let worker = try bench.register()
      for left in [5_000, 1_000, 0] as [UInt64] {
        _ = try bench.turn(worker)
        #expect(try bench.counts().awaiting == left)
        #expect(
          try bench.store.summary(of: bench.queue)?.awaited?.isOver == (left > 0 ? true : nil))
      }
    },
    ConformanceCase("a queue whose items wait for a batch knows whether that is worked on") {
      bench throws in
      try bench.put("m", into: "maps")
      let next = QueueName("next")!
      try bench.put("r", into: nil, after: [("maps", .complete)], to: next)
      #expect(try bench.awaited(by: next)?.isWorkedOn == false)
      #expect(try bench.awaited(by: next)?.first.first?.name == BatchName("maps"))
      _ = try bench.claim(bench.register(), 1)
      #expect(try bench.awaited(by: next)?.isWorkedOn == true)
      try bench.put("other", to: next)
      #expect(try bench.awaited(by: next) == AwaitedBatches(isOver: false))
    },
  ]
}
