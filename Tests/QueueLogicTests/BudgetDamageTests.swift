import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage to budgets is planted in a sound store: the audit says so, and a repair makes it sound.
@Suite struct BudgetDamageTests {
  private typealias Case = AuditTests.Case

  /// Queue 1 has a limit and a rate: "a" has ended and spent 1 usd, "b" has failed once and spent 2 usd and 7 tokens,
  /// "c" runs and reserves 0.5 usd, "d" waits; "gone" had spent 4 usd, and the run of "taken", which was removed, goes
  /// on and reserves 0.5 usd.
  static func soundStore() throws -> TablesStore {
    let (made, clock, worker) = try TablesStore.withWorker()
    let ids = ["gone", "a", "b", "taken", "c", "d"].map { ItemID($0)! }
    _ = try made.store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil)
    try made.store.configure(.default) { settings, _ in
      settings.change(usd) { $0.limit = amount("100") }
      settings.change(tokens) { $0.rate = UnitRate(amount("1M"), per: .seconds(1)) }
    }
    var turn = Turn(queue: .default, worker: worker)
    (turn.wanted, turn.reserve) = (5, [usd: amount("0.5")])
    let claims = try made.store.turn(turn).claims
    let run = RunSummary(exit: .exited(1), startedAt: clock.now, endedAt: clock.now, message: [])
    turn.wanted = 0
    let spent: [Amounts] = [
      [usd: amount("4")], [usd: amount("1")], [usd: amount("2"), tokens: amount("7")],
    ]
    turn.settlements = zip(zip(claims, spent), [Outcome.succeeded, .succeeded, .crashed]).map {
      Settlement(
        token: $0.0.token, outcome: $1, run: run, policy: RetryPolicy(), jitter: 0, spent: $0.1)
    }
    _ = try made.store.turn(turn)
    _ = try made.store.move([ids[0], ids[3]], in: .default, by: .remove(force: true))
    return made
  }

  private static func key(_ sequence: UInt64) -> [UInt8] {
    ItemKey(queue: 1, priority: 128, sequence: sequence).withBytes(Array.init)
  }

  private static func change(
    _ unit: UnitName, _ session: inout WriteSession, _ change: (inout BudgetRecord) -> Void
  ) throws {
    let key = BudgetKey(queue: 1, unit: unit)
    var record = try #require(try session.reading.budget(key))
    change(&record)
    session.replace(record, for: key)
  }

  private static let (usd, tokens) = (UnitName("usd")!, UnitName("tokens")!)
  private static func amount(_ text: String) -> Amount { Amount(shortened: text)! }

  private static let wrong = "queue default has spent"

  static let cases: [AuditTests.Case] = [
    Case(
      "too much is spent", "queue default has spent 8 and reserved 1 of usd, but its items 7 and 1"
    ) { try change(usd, &$0) { $0.spending.spent += amount("1") } },
    Case(
      "nothing is reserved",
      "queue default has spent 7 and reserved 0 of usd, but its items 7 and 1"
    ) { try change(usd, &$0) { $0.spending.reserved = .zero } },
    Case("more is gone than is spent", wrong) {
      try change(usd, &$0) { $0.gone = amount("99999") }
    },
    Case("a unit has no record", "items of queue 1 have spent tokens, which has no record") {
      try $0.transaction.delete(BudgetKey(queue: 1, unit: tokens).bytes, in: .budgets)
    },
    Case("a unit has a record that means nothing", "budgets: ") {
      try $0.transaction.put([7], for: BudgetKey(queue: 1, unit: tokens).bytes, in: .budgets)
    },
    Case("what an item has spent is missing", wrong) {
      try $0.transaction.delete(key(2), in: .spent)
    },
    Case("what an item has spent means nothing", "item record") {
      try $0.transaction.put([9, 9], for: key(2), in: .spent)
    },
    Case("what no item has spent is there", "spent has 4 entries for 3 items") {
      try $0.transaction.put([0, 0], for: key(99), in: .spent)
    },
    Case("an item reserves that does not run", "item 1/128/6 has reserved something, but is not") {
      session in
      var (writer, record) = (RecordWriter(), SpentRecord())
      record.reserved = [usd: amount("3")]
      record.write(to: &writer)
      try session.transaction.put(writer.bytes, for: key(6), in: .spent)
    },
    Case("a queue does not know that it has spent", "queue default has spent, but does not know") {
      try $0.update(1) { $0.hasSpending = false }
    },
    Case("a unit has a name that is none", "a budget is of no unit") {
      try $0.transaction.put([0, 0, 0], for: [0, 0, 0, 1, 0x2e], in: .budgets)
    },
  ]

  @Test func `a sound store is sound, and left as it is`() throws {
    try AuditTests.expectUntouched(Self.soundStore())
  }

  @Test(arguments: cases) func `it is found and mended that`(_ damage: AuditTests.Case) throws {
    let made = try Self.soundStore()
    defer { withExtendedLifetime(made) {} }
    try damage.expectMended(in: made)
  }
}
