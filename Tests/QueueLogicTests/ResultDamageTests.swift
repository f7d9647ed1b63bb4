import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage to results is planted in a sound store: the audit says so, and a repair makes it sound.
@Suite struct ResultDamageTests {
  private typealias Case = AuditTests.Case

  /// Queue 1 collects: "a" has given back 1, "b" has failed, "c" has given back 3, "d" runs; "sink" has read 2.
  static func soundStore() throws -> TablesStore {
    let (made, clock, worker) = try TablesStore.withWorker()
    let ids = ["a", "b", "c", "d"].map { ItemID($0)! }
    _ = try made.store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil)
    var turn = Turn(queue: .default, worker: worker)
    (turn.wanted, turn.collects) = (4, true)
    let claims = try made.store.turn(turn).claims
    let run = RunSummary(exit: .exited(0), startedAt: clock.now, endedAt: clock.now, message: [])
    turn.wanted = 0
    let outcomes: [Outcome] = [.succeeded, .failed(final: true), .succeeded]
    turn.settlements = zip(claims, outcomes).enumerated().map { place, end in
      Settlement(
        token: end.0.token, outcome: end.1, run: run, policy: RetryPolicy(), jitter: 0,
        result: ItemResult([UInt8(place + 1)]))
    }
    _ = try made.store.turn(turn)
    try made.store.note(lastRead: 2, by: ReaderName("sink")!, of: 1)
    return made
  }

  private static func key(_ sequence: UInt64) -> [UInt8] {
    ItemKey(queue: 1, priority: 128, sequence: sequence).withBytes(Array.init)
  }

  private static func end(_ number: UInt64) -> [UInt8] {
    EndKey(queue: 1, number: number).withBytes(Array.init)
  }

  /// An end that says done, of an item.
  private static func record(_ sequence: UInt64, _ status: UInt8 = 0) -> [UInt8] {
    Array(key(sequence).suffix(8)) + [status, 0, 7]
  }

  static let cases: [AuditTests.Case] = [
    Case("an item's entry is missing in ends", "ends has 2 entries for 3 results") {
      try $0.transaction.delete(key(1), in: .ends)
    },
    Case("an entry of ends is of no item", "ends has 4 entries") {
      try $0.transaction.put([0, 0, 0, 0, 0, 0, 0, 1], for: key(99), in: .ends)
    },
    Case("an entry of ends means nothing", "ends has 4 entries for 3 results") {
      try $0.transaction.put([1], for: [7], in: .ends)
    },
    Case("an end is missing", "item 1/128/3 has end 3, which is not there, or another item's") {
      try $0.transaction.delete(end(3), in: .results)
    },
    Case("an end means nothing", "an end is none") {
      try $0.transaction.put(Array(key(3).suffix(8)) + [9, 9], for: end(3), in: .results)
    },
    Case("an end is of an item that has not ended", "is processing, but its end says done") {
      try $0.transaction.put(record(4), for: end(4), in: .results)
      try $0.transaction.put([0, 0, 0, 0, 0, 0, 0, 4], for: key(4), in: .ends)
      try $0.update(1) { $0.nextEnd = 5 }
    },
    Case("an end is of no item", "ends has 3 entries for 4 results") {
      try $0.transaction.put(record(99), for: end(4), in: .results)
      try $0.update(1) { $0.nextEnd = 5 }
    },
    Case("an item has two ends", "ends has 3 entries for 4 results") {
      try $0.transaction.put(record(3), for: end(4), in: .results)
      try $0.update(1) { $0.nextEnd = 5 }
    },
    Case("two items have one end", "item 1/128/3 has end 1, which is not there, or another") {
      try $0.transaction.put([0, 0, 0, 0, 0, 0, 0, 1], for: key(3), in: .ends)
    },
    Case("an end says another status", "item 1/128/1 is done, but its end says failed") {
      try $0.transaction.put(record(1, 1), for: end(1), in: .results)
    },
    Case("an end would be given again", "queue default would give end 3 again: it has 3") {
      try $0.update(1) { $0.nextEnd = 3 }
    },
  ]

  @Test func `a sound store is sound, and left as it is`() throws {
    try AuditTests.expectUntouched(Self.soundStore())
  }

  @Test(arguments: cases) func `it is found and mended that`(_ damage: AuditTests.Case) throws {
    let made = try Self.soundStore()
    defer { withExtendedLifetime(made) {} }
    try damage.expectMended(in: made)
    // Whatever has an end is listed, in the order of the numbers, each once.
    let ends = try made.store.ends(of: .default, EndRequest(after: 0)).map(\.number)
    #expect(ends == Array(Set(ends)).sorted() && ends.count >= 2)
  }
}
