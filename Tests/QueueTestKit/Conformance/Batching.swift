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
  func seal(_ batch: String) throws -> BatchSummary? {
    try store.seal(BatchName(batch)!) { _ in false }
  }

  /// Begins to fill a batch, or carries on what is not among those that live.
  @discardableResult
  func open(_ batch: String, beside live: [BatchFill] = []) throws -> BatchFill {
    try store.open(BatchName(batch)!) { fill throws(StoreError) in !live.contains(fill) }
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
    ConformanceCase("of several that fill a batch the last one to end well seals it") {
      bench throws in
      let first = try bench.open("maps")
      let second = try bench.open("maps", beside: [first])
      #expect(second.number == 2)
      #expect(try bench.store.end(first, seals: true)?.isSealed == false)
      #expect(try bench.store.seal(BatchName("maps")!) { $0 == second }?.isSealed == false)
      #expect(try bench.store.end(second, seals: true)?.isSealed == true)
    },
    ConformanceCase("what was begun and did not end well is carried on before the batch is sealed")
    {
      bench throws in
      let killed = try bench.open("maps")
      let other = try bench.open("maps", beside: [killed])
      #expect(try bench.store.end(other, seals: true)?.fills == 1)
      #expect(try bench.batch("maps")?.isSealed == false)
      #expect(try bench.open("maps") == killed)
      #expect(try bench.store.end(killed, seals: true)?.isSealed == true)
    },
    ConformanceCase("a batch that more is to come for is left open, or sealed by hand") {
      bench throws in
      #expect(try bench.store.end(bench.open("maps"), seals: false)?.isSealed == false)
      try bench.open("maps")
      #expect(try bench.seal("maps")?.isSealed == true)
      #expect(try bench.batch("maps")?.fills == 0)
      #expect(try bench.seal("nothing") == nil)
      #expect(try bench.store.end(BatchFill(batch: 9, number: 1), seals: true) == nil)
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
      try bench.open("none")
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
    ConformanceCase("a batch is removed once it is empty and not waited for") { bench throws in
      try bench.put("m", into: "maps")
      let name = BatchName("maps")!
      #expect(try bench.store.remove(name) == false)
      #expect(try bench.move("m", by: .remove(force: false)) == [.moved])
      try bench.put("r", into: nil, after: [("maps", .complete)])
      #expect(try bench.store.remove(name) == false)
      try bench.seal("maps")
      #expect(try bench.store.remove(name) == false)
      #expect(try bench.work(bench.register()) == ["r"])
      #expect(try bench.store.remove(name))
      #expect(try bench.store.batches(after: nil, limit: 9).isEmpty)
      try bench.put("n", into: "maps")
      #expect(try bench.batch("maps")?.number == 2)
    },
    ConformanceCase("a delay counts where it ends after the batch") { bench throws in
      try bench.open("maps")
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
      try bench.open("maps")
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
    ConformanceCase("a queue whose items wait for a batch knows whether others work") {
      bench throws in
      let (next, third) = (QueueName("next")!, QueueName("third")!)
      try bench.put("m", into: "maps")
      try bench.put("r", into: nil, after: [("maps", .complete)], to: next)
      try bench.put("s", into: nil, after: [("maps", .complete)], to: third)
      func register(_ queue: QueueName) throws {
        _ = try bench.store.register(Bench.process, given: QueueSettings(), of: queue) {
          (_) throws(StoreError) in
        }
      }
      for queue in [next, third] { try register(queue) }
      #expect(try bench.awaited(by: next)?.isWorkedOn == false)
      #expect(try bench.awaited(by: next)?.first.first?.name == BatchName("maps"))
      try register(bench.queue)
      #expect(try bench.awaited(by: next)?.isWorkedOn == true)
      try bench.put("later", to: next, until: bench.now + .seconds(900))
      #expect(try bench.awaited(by: next)?.isWorkedOn == true)
      try bench.put("other", to: next)
      #expect(try bench.awaited(by: next) == AwaitedBatches(isOver: false))
      _ = try bench.lease(1)
      #expect(try bench.awaited(by: third)?.isWorkedOn == true)
      try bench.configure(next) { $0.pause = .indefinite }
      #expect(try bench.awaited(by: third)?.isWorkedOn == false)
    },
    ConformanceCase(
      "of three steps the last one sees the first at work, and what that has let go on"
    ) {
      bench throws in
      let (second, third) = (QueueName("second")!, QueueName("third")!)
      try bench.put("a", into: "one")
      try bench.put("b", into: "two", after: [("one", .complete)], to: second)
      for batch in ["one", "two"] { try bench.seal(batch) }
      try bench.put("c", into: nil, after: [("two", .complete)], to: third)
      var workers: [WorkerID] = []
      for queue in [bench.queue, second, third] {
        workers.append(
          try bench.store.register(Bench.process, given: QueueSettings(), of: queue) {
            (_) throws(StoreError) in
          }.id)
      }
      #expect(try bench.awaited(by: third)?.isWorkedOn == true)
      #expect(try bench.work(workers[0]) == ["a"])
      #expect(try bench.awaited(by: second)?.isOver == true)
      #expect(try bench.awaited(by: third)?.isWorkedOn == true)
      let claim = try bench.claim(workers[1], 1, from: second)[0]
      _ = try bench.settle(workers[1], claim.token, .failed(final: true))
      #expect(try bench.awaited(by: third)?.isWorkedOn == false)
    },
  ]
}
