import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage to batches is planted in a sound store: the audit says so, and a repair makes it sound.
@Suite struct BatchDamageTests {
  private typealias Case = AuditTests.Case

  static let next = QueueName("next")!

  /// Batch 1, maps, is complete (m), and "told" of queue 2 has not been told so; batch 2, more, is sealed, with one
  /// item done, one failed and one pending (n1 to n3), and "r1" and "r2" of queue 2 await it, r2 batch 3 as well,
  /// which is open and empty.
  static func soundStore() throws -> TablesStore {
    let (made, clock, worker) = try TablesStore.withWorker()
    func put(
      _ ids: [String], _ queue: QueueName, batch: String?, after: [(String, BatchEnd)] = []
    ) throws {
      var items = ItemBatch(ids.map { ItemID($0)! })
      items.batch = batch.flatMap { BatchName($0) }
      items.after = after.map { Prerequisite(BatchName($0.0)!, $0.1) }
      _ = try made.store.enqueue(items, to: queue, priority: 128, until: nil)
    }
    func seal(_ name: String) throws { _ = try made.store.seal(BatchName(name)!) { _ in false } }
    try put(["m"], .default, batch: "maps")
    try put(["n1", "n2", "n3"], .default, batch: "more")
    _ = try made.store.open(BatchName("open")!) { _ in true }
    for name in ["maps", "more"] { try seal(name) }
    try put(["told"], next, batch: nil, after: [("maps", .ended)])
    try put(["r1"], next, batch: nil, after: [("more", .complete)])
    try put(["r2"], next, batch: nil, after: [("more", .ended), ("open", .complete)])
    var turn = Turn(queue: .default, worker: worker)
    turn.wanted = 3
    let claims = try made.store.turn(turn).claims
    let run = RunSummary(exit: .exited(1), startedAt: clock.now, endedAt: clock.now, message: [])
    turn.wanted = 0
    turn.settlements = zip(claims, [Outcome.succeeded, .succeeded, .failed(final: true)]).map {
      Settlement(token: $0.token, outcome: $1, run: run, policy: RetryPolicy(), jitter: 0)
    }
    _ = try made.store.turn(turn)
    return made
  }

  private static func key(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian, Array.init)
  }

  private static func awaiting(_ sequence: UInt64, _ batch: UInt32, _ end: BatchEnd) -> [UInt8] {
    AwaitingKey(
      ItemKey(queue: 2, priority: 128, sequence: sequence),
      Awaited(batch: batch, end: end, round: 0)
    ).withBytes { Array($0) }
  }

  private static func change(
    _ number: UInt32, _ session: inout WriteSession, _ change: (inout BatchRecord) -> Void
  ) throws {
    var record = try #require(try session.batch(number))
    change(&record)
    session.replace(record)
  }

  static let cases: [AuditTests.Case] = [
    Case("a batch counts wrong", "batch 2 counts") { session in
      try change(2, &session) { $0.counts[.done] += 1 }
    },
    Case("a batch miscounts who awaits it", "awaiting has 4 entries, batches count 5") { session in
      try change(3, &session) { $0.waiting += 1 }
    },
    Case("a batch with items is missing", "items belong to batch 2, which is not there") {
      try $0.transaction.delete(key(2), in: .batches)
    },
    Case("a batch that is awaited is missing", "items await batch 3, which is not there") {
      try $0.transaction.delete(key(3), in: .batches)
    },
    Case("a batch's record is cut short", "batches: the store is damaged") {
      try $0.transaction.put([9], for: key(1), in: .batches)
    },
    Case("a batch is not found by its name", "batch 2 has no name, or is not found by it") {
      try $0.transaction.delete(BatchKey.entry(of: BatchName("more")!), in: .batchNames)
    },
    Case("a batch has no name", "batch 2 has no name, or is not found by it") {
      try $0.transaction.delete(BatchKey.entry(of: 2), in: .batchNames)
    },
    Case("two batches have one name", "batch 2 has no name, or is not found by it") {
      try $0.transaction.put(Array("maps".utf8), for: BatchKey.entry(of: 2), in: .batchNames)
    },
    Case("a name leads to no batch", "batch-names has 7 entries for 3 batches") {
      try $0.transaction.put(key(9), for: BatchKey.entry(of: BatchName("x")!), in: .batchNames)
    },
    Case("an item awaits without an entry", "awaits a batch but has no entry in awaiting") {
      try $0.transaction.delete(awaiting(2, 2, .complete), in: .awaiting)
    },
    Case("an entry belongs to no item", "awaiting has 5 entries, batches count 4") {
      try $0.transaction.put([], for: awaiting(9, 2, .complete), in: .awaiting)
    },
    Case("an entry means nothing", "awaiting has 5 entries, batches count 4") {
      try $0.transaction.put([], for: [7], in: .awaiting)
    },
    Case("nobody is told of an end", "items await an end of batch 1 that does not come") {
      let awaited = Awaited(batch: 1, end: .ended, round: 0)
      try $0.transaction.delete(Release(awaited).key, in: .meta)
    },
    Case("an end has come, and is awaited", "has come to its end, but items still await that") {
      session in
      try change(3, &session) { $0.isSealed = true }
    },
    Case("an end is awaited that cannot come", "items await an end of batch 1 that does not come") {
      session in
      try change(1, &session) { $0.rounds = [0, 0] }
      // As if it was opened, and told of.
      try change(1, &session) { $0.isSealed = false }
      let awaited = Awaited(batch: 1, end: .ended, round: 0)
      try session.transaction.delete(Release(awaited).key, in: .meta)
      try change(1, &session) { $0.rounds = [5, 5] }
    },
    Case("a queue miscounts what awaits", "awaiting") { session in
      try session.update(2) { $0.counts.awaiting -= 1 }
    },
  ]

  @Test func `a sound store is sound, and left as it is`() throws {
    try AuditTests.expectUntouched(Self.soundStore())
  }

  @Test(arguments: cases) func `it is found and mended that`(_ damage: AuditTests.Case) throws {
    let made = try Self.soundStore()
    defer { withExtendedLifetime(made) {} }
    try damage.expectMended(in: made)
    // Nothing waits for an end that never comes: all of it runs once every batch is sealed and done.
    let request = { LeaseRequest(queue: $0, wanted: 99, length: .seconds(60)) }
    var left = try made.store.claim(request(.default)).claims
    for _ in 1...3 {
      _ = try made.store.settle(
        left.map { LeaseSettlement(token: $0.token, outcome: .succeeded, note: [], jitter: 0) })
      _ = try made.store.move(all: .failed, of: .default, by: .retry, after: nil)
      for batch in try made.store.batches(after: nil, limit: 9) {
        _ = try made.store.seal(batch.name) { _ in false }
      }
      left =
        try made.store.claim(request(.default)).claims
        + made.store.claim(request(Self.next)).claims
    }
    #expect(try made.store.summaries().allSatisfy { $0.counts.unfinished == 0 })
  }
}
