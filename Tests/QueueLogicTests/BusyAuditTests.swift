import Glibc
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Audits while others write between the pages.
@Suite struct BusyAuditTests {
  private static let now = Timestamp(microseconds: 2_000)

  @Test(arguments: AuditTests.cases)
  func `what is wrong is found also while others write`(_ damage: AuditTests.Case) throws {
    try expectFound(damage, in: AuditTests.soundStore())
  }

  @Test(arguments: BudgetDamageTests.cases)
  func `so is what is wrong with budgets`(_ damage: AuditTests.Case) throws {
    try expectFound(damage, in: BudgetDamageTests.soundStore())
  }

  @Test(arguments: ResultDamageTests.cases)
  func `and with results`(_ damage: AuditTests.Case) throws {
    try expectFound(damage, in: ResultDamageTests.soundStore())
  }

  private func expectFound(_ damage: AuditTests.Case, in made: TablesStore) throws {
    try withExtendedLifetime(made) {
      try made.store.write { try damage.plant(&$0) }
      var number = 0
      let audit = try made.store.audit(pageOf: 2) { () throws(StoreError) in
        number += 1
        _ = try made.store.enqueue(
          ItemBatch([ItemID("n\(number)")!]), to: QueueName("other")!, priority: 1, until: nil)
      }
      #expect(number > 2 && audit.count > 0, "nothing found of: \(damage.words)")
    }
  }

  @Test func `a sound store is sound whatever others do meanwhile`() throws {
    var random = SeededRandom()
    print("busy audits: seed \(random.seed)")
    for _ in 1...60 {
      let made = try AuditTests.soundStore()
      try withExtendedLifetime(made) {
        let store = made.store
        let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
        var number = 0
        var audits = 0
        let audit = try store.audit(pageOf: random.number(1...3)) { () throws(StoreError) in
          audits += 1
          for _ in 0..<random.number(0...3) {
            number += 1
            let queue = [QueueName.default, QueueName("other")!][random.number(0...1)]
            switch random.number(0...5) {
            case 0, 1:
              var batch = ItemBatch()
              let size = random.number(0...1) == 0 ? 10 : 3_000
              for part in 1...random.number(1...5) {
                batch.append(
                  id: Array("n\(number).\(part)".utf8), payload: SampleIDs.payload(size))
              }
              _ = try store.enqueue(
                batch, to: queue, priority: UInt8(random.number(100...200)),
                until: random.number(0...2) == 0 ? Timestamp(microseconds: 9_000) : nil)
            case 2, 3:
              guard try store.summary(of: queue) != nil else { continue }
              let worker = try store.register(process, given: QueueSettings()) {
                (_) throws(StoreError) in
              }
              var turn = Turn(queue: queue, worker: worker.id)
              turn.wanted = random.number(1...4)
              turn.collects = random.number(0...4) == 0
              if random.number(0...1) == 0 {
                turn.reserve = [UnitName("usd")!: Amount(millionths: 3)]
              }
              let claims = try store.turn(turn).claims
              turn.wanted = 0
              let run = RunSummary(
                exit: nil, startedAt: Self.now, endedAt: Self.now, message: [])
              turn.settlements = claims.map {
                Settlement(
                  token: $0.token, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0,
                  spent: [UnitName("usd")!: Amount(millionths: UInt64(random.number(0...2)))])
              }
              if random.number(0...2) > 0 { _ = try store.turn(turn) }
              try store.unregister(worker.id)
            case 4:
              let page = try store.items(of: queue, in: [.done, .pending], after: nil, limit: 2)
              for item in page.items where random.number(0...1) == 0 {
                _ = try store.move([item.id], in: queue, by: .remove(force: false))
              }
            default: _ = try store.removeQueue(QueueName("other")!)
            }
          }
        }
        #expect(audit.findings == [], "seed \(random.seed)")
        #expect(try store.audit().findings == [] && audits > 0)
      }
    }
  }

  @Test func `an audit does not follow an enqueuer for ever`() throws {
    let made = try AuditTests.soundStore()
    try withExtendedLifetime(made) {
      var number = 0
      let audit = try made.store.audit(pageOf: 1) { () throws(StoreError) in
        number += 1
        guard number < 1_000 else { return }
        let ids = (1...3).map { ItemID("n\(number).\($0)")! }
        _ = try made.store.enqueue(
          ItemBatch(ids), to: .default, priority: 128, until: nil)
      }
      #expect(number < 20 && audit.items == 7 && audit.findings == [])
    }
  }
}
