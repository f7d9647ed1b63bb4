import QueueCore
import Testing

extension Bench {
  /// Ends items that are there, one of each outcome, at the bench's moment; by a recipe if one is given.
  func end(
    _ outcomes: [Outcome], by worker: WorkerID, recipe: String? = nil, collects: Bool = false
  ) throws {
    let claims = try claim(worker, outcomes.count)
    var turn = Turn(queue: queue, worker: worker)
    (turn.recipe, turn.collects) = (recipe.map { Recipe($0)! }, collects)
    let run = RunSummary(exit: .exited(0), startedAt: now, endedAt: now, message: [])
    turn.settlements = zip(claims, outcomes).map {
      Settlement(token: $0.token, outcome: $1, run: run, policy: policy, jitter: 0)
    }
    _ = try store.turn(turn)
  }

  /// Enqueues one item, and says what becomes of it where it is known.
  func put(
    _ id: String, _ payload: [UInt8]?, _ changed: KnownItems.Changed, again: Set<Status> = []
  ) throws -> EnqueueResult {
    var batch = ItemBatch()
    batch.append(id: Array(id.utf8), payload: payload)
    (batch.known.changed, batch.known.again) = (changed, again)
    return try store.enqueue(batch, to: queue, priority: 128, until: nil)
  }

  func prune(
    _ status: Status, forgetsID: Bool = false, _ change: (inout ItemFilter) -> Void = { _ in }
  ) throws -> Int {
    var filter = ItemFilter()
    change(&filter)
    return try store.move(
      all: status, of: queue, by: .prune(forgetsID: forgetsID), where: filter, after: nil
    ).moved
  }

  func pruned() throws -> UInt64 { try store.summary(of: queue)?.pruned ?? 0 }
}

extension ConformanceCase {
  private static let long = String(repeating: "long", count: 200)

  static let keeping = [
    ConformanceCase("what is pruned is gone, but its id is known") { bench throws in
      let worker = try bench.register()
      try bench.put("a", long, "c")
      try bench.end([.succeeded, .succeeded, .failed(final: true)], by: worker)
      #expect(try bench.prune(.done) == 2)
      let counts = try bench.counts()
      #expect(counts.done == 0 && counts.failed == 1 && counts.removed == 2 && counts.areConserved)
      #expect(try bench.pruned() == 2)
      #expect(try bench.state("a") == nil)
      #expect(try bench.store.isPruned(ItemID(long)!, in: bench.queue))
      #expect(try !bench.store.isPruned(ItemID("c")!, in: bench.queue))
      #expect(try bench.put("a", long, "d").enqueued == 1)
      #expect(try bench.move("a", by: .retry) == [.missing])
      #expect(try bench.store.audit().findings == [])
    },
    ConformanceCase("an id is forgotten with its item, or later") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", long)
      try bench.end([.succeeded, .succeeded, .succeeded], by: worker)
      #expect(try bench.move("b", by: .prune(forgetsID: true)) == [.moved])
      #expect(try bench.prune(.done) == 2)
      #expect(try bench.pruned() == 2)
      #expect(try bench.put("b").enqueued == 1)
      #expect(try bench.move("a", "none", by: .remove(force: false)) == [.moved, .missing])
      #expect(try bench.put("a").enqueued == 1)
      #expect(try bench.store.forgetPruned(of: bench.queue, after: nil).forgotten == 1)
      #expect(try bench.put(long).enqueued == 1)
      #expect(try bench.pruned() == 0)
      #expect(try bench.store.audit().findings == [])
    },
    ConformanceCase("only what has ended is pruned") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      _ = try bench.claim(worker, 1)
      let results = try bench.move("a", "b", by: .prune(forgetsID: false))
      #expect(results == [.refused(.processing), .refused(.pending)])
    },
    ConformanceCase("a queue with ids of pruned items is not removed") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      try bench.end([.succeeded], by: worker)
      _ = try bench.prune(.done)
      #expect(try !bench.store.removeQueue(bench.queue))
      _ = try bench.store.forgetPruned(of: bench.queue, after: nil)
      #expect(try bench.store.removeQueue(bench.queue))
    },
    ConformanceCase("what ended before a moment, or before the last few, is pruned") {
      bench throws in
      let worker = try bench.register()
      let start = bench.now
      for id in ["a", "b", "c", "d", "e"] {
        try bench.put(id)
        bench.now = bench.now + .seconds(1)
        try bench.end([id == "b" ? .failed(final: true) : .succeeded], by: worker)
      }
      #expect(try bench.prune(.done) { $0.endedBefore = EndMark(start + .seconds(2)) } == 1)
      let mark = try bench.store.mark(
        ofLast: 2, in: [.done], of: bench.queue, where: ItemFilter())
      #expect(try bench.prune(.done) { $0.endedBefore = mark } == 1)
      #expect(try bench.ids(.done) == ["d", "e"])
      let all = ItemFilter()
      #expect(try bench.store.mark(ofLast: 2, in: [.done], of: bench.queue, where: all) == nil)
      let none = try bench.store.mark(ofLast: 0, in: [.done, .failed], of: bench.queue, where: all)
      #expect(try bench.prune(.failed) { $0.endedBefore = none } == 1)
    },
    ConformanceCase("of ends at one moment exactly the last few stay") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c", "d")
      try bench.end([.succeeded, .succeeded, .succeeded, .succeeded], by: worker)
      let mark = try bench.store.mark(
        ofLast: 3, in: [.done], of: bench.queue, where: ItemFilter())
      #expect(try bench.prune(.done) { $0.endedBefore = mark } == 1)
      #expect(try bench.ids(.done) == ["b", "c", "d"])
    },
    ConformanceCase("what a reader has not read can stay") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c")
      try bench.end([.succeeded, .succeeded, .succeeded], by: worker, collects: true)
      let number = try #require(try bench.store.summary(of: bench.queue)?.number)
      let (one, two) = (ReaderName("one")!, ReaderName("two")!)
      try bench.store.note(lastRead: 2, by: one, of: number)
      try bench.store.note(lastRead: 1, by: two, of: number)
      #expect(try bench.prune(.done) { $0.isRead = true } == 1)
      #expect(try bench.ids(.done) == ["b", "c"] && bench.prune(.done) == 2)
      #expect(try bench.store.ends(of: bench.queue, EndRequest(after: 0)).isEmpty)
    },
    ConformanceCase("a queue that keeps what is done for a time lets it go with its turns") {
      bench throws in
      let worker = try bench.register()
      let ids = (0..<300).map { ItemID("\($0)")! }
      try bench.put(ids)
      try bench.end(ids.map { $0.bytes == [0x37] ? .failed(final: true) : .succeeded }, by: worker)
      try bench.configure { $0.keep = .seconds(60) }
      try bench.put("last")
      bench.now = bench.now + .seconds(30)
      _ = try bench.turn(worker)
      #expect(try bench.counts().done == 299)
      try bench.end([.succeeded], by: worker)
      bench.now = bench.now + .seconds(40)
      for _ in 0..<40 { _ = try bench.turn(worker) }
      #expect(try bench.ids(.done) == ["last"])
      #expect(try bench.counts().failed == 1 && bench.pruned() == 299)
      #expect(try bench.put(ids).enqueued == 0)
      #expect(try bench.store.audit().findings == [])
    },
  ]
}
