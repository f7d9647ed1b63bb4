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
    let clock = ManualClock()
    clock.now = Timestamp(microseconds: 1_000)
    let made = try TablesStore(clock)
    let ids = ["a", "b", "c", "d"].map { ItemID($0)! }
    _ = try made.store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil)
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
    let worker = try made.store.register(process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }.id
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
    try made.store.note(lastRead: 2, by: ReaderName("sink")!, of: .default)
    return made
  }

  private static func key(_ sequence: UInt64) -> [UInt8] {
    ItemKey(queue: 1, priority: 128, sequence: sequence).withBytes(Array.init)
  }

  private static func end(_ number: UInt64) -> [UInt8] {
    EndKey(queue: 1, number: number).withBytes(Array.init)
  }

  static let cases: [AuditTests.Case] = [
    Case("an end is missing in ends", "item 1/128/1 has end 1, but ends does not lead to it") {
      try $0.transaction.delete(end(1), in: .ends)
    },
    Case("an end leads to no result", "ends has 4 entries for 3 results") {
      try $0.transaction.put([0, 0, 0, 0, 0, 0, 0, 9], for: end(9), in: .ends)
    },
    Case("an end means nothing", "ends has 4 entries for 3 results") {
      try $0.transaction.put([1], for: [7], in: .ends)
    },
    Case("a result is missing", "ends has 3 entries for 2 results") {
      try $0.transaction.delete(key(3), in: .results)
    },
    Case("a result means nothing", "an end is none") {
      try $0.transaction.put([1, 9, 9], for: key(3), in: .results)
    },
    Case("a result is of an item that has not ended", "is processing, but its end says done") {
      try $0.transaction.put([4, 0, 0, 7], for: key(4), in: .results)
      let rank = Array(key(4).suffix(8))
      try $0.transaction.put(rank, for: end(4), in: .ends)
      try $0.update(1) { $0.nextEnd = 5 }
    },
    Case("a result is of no item", "results has 4 entries for 3 items") {
      try $0.transaction.put([4, 0, 0, 7], for: key(99), in: .results)
      try $0.transaction.put(Array(key(99).suffix(8)), for: end(4), in: .ends)
      try $0.update(1) { $0.nextEnd = 5 }
    },
    Case("two items have one end", "item 1/128/3 has end 1, but ends does not lead to it") {
      try $0.transaction.put([1, 0, 0, 7], for: key(3), in: .results)
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
