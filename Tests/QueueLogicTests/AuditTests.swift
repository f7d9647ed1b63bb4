import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage is planted in a sound store; the audit must say so in these words.
@Suite struct AuditTests {
  typealias Damage = @Sendable (inout WriteSession) throws -> Void

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: String
    var plant: Damage

    init(_ description: String, _ words: String, _ plant: @escaping Damage) {
      (testDescription, self.words, self.plant) = (description, words, plant)
    }

    /// Plants it in a sound store: the audit says so, and a repair makes the store sound, once.
    func expectMended(in made: TablesStore) throws {
      try made.store.write { try plant(&$0) }
      let findings = try made.store.audit().findings
      #expect(findings.contains { $0.contains(words) }, "\(findings)")
      let repairs = try made.store.repair()
      #expect(repairs.count > 0)
      #expect(try made.store.audit().findings == [], "\(repairs.described)")
      #expect(try made.store.repair() == Repairs(), "what is repaired stays so")
    }
  }

  /// A sound store is sound, and a repair leaves it as it is.
  static func expectUntouched(_ made: TablesStore) throws {
    defer { withExtendedLifetime(made) {} }
    #expect(try made.store.audit().findings == [])
    let revision = made.store.revision
    #expect(try made.store.repair() == Repairs())
    #expect(made.store.revision == revision)
  }

  static let leased = QueueName("leased")!

  /// A store with an item in each status; sequences 1 to 6 in this order. Another queue has one that a
  /// lease holds, unless `lease` is nil.
  static func soundStore(lease: Duration? = .milliseconds(20)) throws -> TablesStore {
    let clock = ManualClock()
    let now = Timestamp(microseconds: 1_000)
    clock.now = now
    let made = try TablesStore(clock)
    var batch = ItemBatch()
    for id in ["done", "failed", "held"] { batch.append(id: Array(id.utf8), payload: [1]) }
    batch.append(id: Array("large".utf8), payload: SampleIDs.payload(2_000))
    batch.append(id: Array("pending".utf8), payload: nil)
    _ = try made.store.enqueue(batch, to: .default, priority: 128, until: nil)
    _ = try made.store.enqueue(
      ItemBatch([ItemID("later")!]), to: .default, priority: 128,
      until: Timestamp(microseconds: 5_000))
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
    let worker = try made.store.register(process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }.id
    var turn = Turn(queue: .default, worker: worker)
    turn.wanted = 3
    let claims = try made.store.turn(turn).claims
    let run = RunSummary(exit: nil, startedAt: now, endedAt: now, message: [])
    turn.wanted = 0
    turn.settlements = zip(claims, [Outcome.succeeded, .failed(final: true)]).map {
      Settlement(token: $0.token, outcome: $1, run: run, policy: RetryPolicy(), jitter: 0)
    }
    _ = try made.store.turn(turn)
    guard let lease else { return made }
    _ = try made.store.enqueue(
      ItemBatch([ItemID("leased")!]), to: leased, priority: 128, until: nil)
    _ = try made.store.claim(LeaseRequest(queue: leased, wanted: 1, length: lease))
    return made
  }

  private static func key(_ sequence: UInt64, queue: UInt32 = 1) -> [UInt8] {
    ItemKey(queue: queue, priority: 128, sequence: sequence).withBytes { Array($0) }
  }

  /// Where the leased item is in `leases`: the fourth token.
  private static let lease = LeaseKey(until: Timestamp(microseconds: 21_000), token: 4)

  private static func id(_ text: String) -> [UInt8] { [0, 0, 0, 1] + Array(text.utf8) }

  static let cases: [Case] = [
    Case("an id is missing", "has no entry in ids") {
      _ = try $0.transaction.delete(id("pending"), in: .ids)
    },
    Case("an id leads to another item", "has the id of item 1/128/1") {
      let rank = Array(key(1).dropFirst(4))
      try $0.transaction.put(rank, for: id("pending"), in: .ids)
    },
    Case("an id leads nowhere", "ids has 8 entries for 7 items") {
      try $0.transaction.put(Array(key(9).dropFirst(4)), for: id("x"), in: .ids)
    },
    Case("an item is in two statuses", "item 1/128/1 is in 2 statuses (pending, done)") {
      try $0.transaction.put([], for: key(1), in: .pending)
    },
    Case("an item is in no status", "item 1/128/5 is in 0 statuses") {
      _ = try $0.transaction.delete(key(5), in: .pending)
    },
    Case("a status has a key without an item", "pending has 3 entries, but 2 items are in it") {
      try $0.transaction.put([], for: key(99), in: .pending)
    },
    Case("an item is missing", "done has 1 entries, but 0 items are in it") {
      _ = try $0.transaction.delete(key(1), in: .items)
    },
    Case("a count is wrong", "queue default counts") { try $0.update(1) { $0.counts.done += 1 } },
    Case("the scheduled are miscounted", "queue default counts") {
      try $0.update(1) { $0.counts.scheduled = 0 }
    },
    Case("items are not conserved", "7 were enqueued, but 6 are there and 0 were removed") {
      try $0.update(1) { $0.counts.enqueued += 1 }
    },
    Case("a delayed item is not due", "item 1/128/6 is delayed but has no entry in due") {
      let due = DueKey(queue: 1, until: Timestamp(microseconds: 5_000), rank: 128 << 56 | 6)
      _ = try $0.transaction.delete(due.withBytes { Array($0) }, in: .due)
    },
    Case("something else is due", "due has 2 entries for 1 delayed items") {
      let due = DueKey(queue: 1, until: Timestamp(microseconds: 6_000), rank: 128 << 56 | 6)
      try $0.transaction.put([], for: due.withBytes { Array($0) }, in: .due)
    },
    Case("a leased item is not in leases", "item 2/128/1 is leased but has no entry in leases") {
      _ = try $0.transaction.delete(lease.withBytes { Array($0) }, in: .leases)
    },
    Case("a lease leads to another item", "item 2/128/1 is leased but has no entry in leases") {
      try $0.transaction.put(key(5), for: lease.withBytes { Array($0) }, in: .leases)
    },
    Case("a lease ends when its item does not say so", "leases has 2 entries for 1 leased items") {
      let other = LeaseKey(until: Timestamp(microseconds: 9), token: 4)
      try $0.transaction.put(key(1, queue: 2), for: other.withBytes { Array($0) }, in: .leases)
    },
    Case("the leased are miscounted", "queue leased counts") {
      try $0.update(2) { $0.counts.leased = 0 }
    },
    Case("what feeds a queue is not there", "queue 2 feeds queue 9, but not both are there") {
      try $0.note(Feed(from: 2, to: 9))
    },
    Case("a payload is missing", "an item's payload is missing") {
      _ = try $0.transaction.delete(key(4), in: .payloads)
    },
    Case("a payload belongs to nothing", "payloads has 2 entries for 1 items") {
      try $0.transaction.put([1], for: key(99), in: .payloads)
    },
    Case("a claimant is not registered", "claimed by worker 1, which is not registered") {
      try $0.forget(WorkerID(1))
    },
    Case("an item's record is cut short", "item record 1: the store is damaged") {
      try $0.transaction.put([1, 2], for: key(1), in: .items)
    },
    Case("a state's record means nothing", "an item ended for an unknown reason") {
      try $0.transaction.put([99], for: key(1), in: .done)
    },
    Case("a queue is not found by its name", "queue default is not found by its name") {
      _ = try $0.transaction.delete(Array("default".utf8), in: .names)
    },
    Case("a name belongs to no queue", "names has 3 entries for 2 queues") {
      try $0.transaction.put([0, 0, 0, 9], for: Array("x".utf8), in: .names)
    },
    Case("a queue is missing", "items belong to queue 1, which is not there") {
      _ = try $0.transaction.delete([0, 0, 0, 1], in: .queues)
    },
    Case("a queue's record is cut short", "queue 1: the store is damaged") {
      try $0.transaction.put([1, 2], for: [0, 0, 0, 1], in: .queues)
    },
    Case("a worker's record is cut short", "workers: the store is damaged") {
      try $0.transaction.put([1], for: [0, 0, 0, 0, 0, 0, 0, 1], in: .workers)
    },
  ]

  @Test func `a sound store has nothing to find`() throws {
    let made = try Self.soundStore()
    try withExtendedLifetime(made) {
      let audit = try made.store.audit()
      #expect(audit.findings.isEmpty && audit.items == 7)
    }
  }

  @Test(arguments: cases)
  func `the audit finds that`(_ damage: Case) throws {
    let made = try Self.soundStore()
    try withExtendedLifetime(made) {
      try made.store.write { try damage.plant(&$0) }
      let audit = try made.store.audit()
      #expect(
        audit.findings.contains { $0.contains(damage.words) }, "\(audit.findings)")
    }
  }
}
