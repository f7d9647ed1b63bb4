import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Whatever call fails, and however a commit ends: an operation is done whole or not at all, and who
/// asked for it knows which of the two it may be.
@Suite struct FaultTests {
  struct Step: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var run: @Sendable (OrderedQueueStore) throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (OrderedQueueStore) throws -> Void) {
      (testDescription, self.run) = (description, run)
    }
  }

  private static let other = QueueName("other")!
  private static let now = Timestamp(microseconds: 10_000)
  private static let run = RunSummary(exit: nil, startedAt: now, endedAt: now, message: [7])

  static let steps: [Step] = [
    Step("enqueue") { store in
      var batch = ItemBatch()
      for id in ["new", "done", String(repeating: "long", count: 200)] {
        batch.append(id: Array(id.utf8), payload: [1])
      }
      batch.append(id: Array("big".utf8), payload: [UInt8](repeating: 7, count: 3_000))
      _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
    },
    Step("enqueue into a new queue, for later") {
      _ = try $0.enqueue(
        ItemBatch([ItemID("x")!]), to: other, priority: 5, until: now + .seconds(9))
    },
    Step("settle and pause") { store in
      let worker = try store.workers()[0].id
      var turn = Turn(queue: .default, worker: worker)
      turn.settlements = try store.claims(of: worker).map {
        Settlement(
          token: $0, outcome: .failed(final: false), run: run, policy: RetryPolicy(), jitter: 0,
          output: KeptOutput(output: [1], error: [2]))
      }
      turn.pause = now + .seconds(5)
      _ = try store.turn(turn)
    },
    Step("claim") { store in
      var turn = Turn(queue: .default, worker: try store.workers()[0].id)
      turn.wanted = 9
      turn.rate = Rate(count: 1, per: .seconds(1))
      _ = try store.turn(turn)
    },
    Step("recover") { store in
      let observer = ScriptedObserver(isDead: { _ in true }, seen: { _ in .ended(.charged) })
      _ = try store.recover(observer: observer, for: .default, given: QueueSettings())
    },
    Step("find an orphan") { store in
      let observer = ScriptedObserver(isDead: { _ in true }, seen: { _ in .orphaned })
      _ = try store.recover(observer: observer, for: .default, given: QueueSettings())
    },
    Step("retry") { _ = try $0.move([ItemID("failed")!], in: .default, by: .retry) },
    Step("retry all") { _ = try $0.move(all: .failed, of: .default, by: .retry, after: nil) },
    Step("remove by force") { store in
      let ids = ["held", "large", "later"].map { ItemID($0)! }
      _ = try store.move(ids, in: .default, by: .remove(force: true))
    },
    Step("register") { store in
      let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "b", pidNamespace: 1)
      _ = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
    },
    Step("configure a new queue") {
      try $0.configure(other) { settings, _ in settings.maximumAttempts = 9 }
    },
    Step("watch a new queue") { _ = try $0.watch(other) },
    Step("claim by lease") { store in
      var request = LeaseRequest(queue: .default, wanted: 9, length: .seconds(5))
      request.asLines = true
      _ = try store.claim(request)
    },
    Step("extend leases") { _ = try $0.extend(leases($0), by: .seconds(5)) },
    Step("settle leases") { store in
      _ = try store.settle(
        leases(store).map {
          LeaseSettlement(token: $0, outcome: .failed(final: false), note: [7], jitter: 0)
        })
    },
    Step("settle leases and emit") { store in
      _ = try store.settle(
        leases(store).map {
          LeaseSettlement(
            token: $0, outcome: .succeeded, jitter: 0,
            emitted: ["x", "done", "y"].flatMap { id in
              [other, .default].map { Emission(queue: $0, id: ItemID(id)!, payload: [7]) }
            })
        })
    },
    Step("end leases") { _ = try $0.expire() },
    Step("end leases and claim") { store in
      var turn = Turn(queue: AuditTests.leased, worker: try store.workers()[0].id)
      turn.wanted = 9
      _ = try store.turn(turn)
    },
    Step("repair") { _ = try $0.repair() },
    Step("enqueue into the first groups") { try enter($0, into: ["a", nil, "c"]) },
    Step("set the first group") {
      try $0.configure(GroupName("a")!, of: .default) { $0.limit = 1 }
    },
    Step("enqueue into the first batch") { store in
      var batch = ItemBatch([ItemID("new")!])
      batch.batch = BatchName("first")
      _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
    },
    Step("enqueue with other payloads") { store in
      var batch = ItemBatch()
      (batch.known.changed, batch.known.again) = (.requeue, [.done, .failed])
      for id in ["new", "done", "failed", "held", "later", "large"] {
        batch.append(id: Array(id.utf8), payload: [UInt8](repeating: 9, count: 3_000))
      }
      _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
    },
    Step("prune") { store in
      _ = try store.move(all: .done, of: .default, by: .prune(forgetsID: false), after: nil)
    },
    Step("kept: forget what was pruned") { store in
      _ = try store.forgetPruned(of: .default, after: nil)
    },
    Step("kept: enqueue what was pruned") { store in
      var batch = ItemBatch()
      batch.known.changed = .requeue
      for id in ["b", KeepingDamageTests.long] { batch.append(id: Array(id.utf8), payload: [3]) }
      _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
    },
    Step("kept: a turn after a while") { store in
      _ = try store.turn(Turn(queue: .default, worker: try store.workers()[0].id))
    },
    Step("results: pruned") { store in
      _ = try store.move(all: .done, of: .default, by: .prune(forgetsID: false), after: nil)
    },
    Step("groups: enqueue") { try enter($0, into: ["a", nil, "c"]) },
    Step("groups: claim") { store in
      _ = try store.claim(LeaseRequest(queue: .default, wanted: 9, length: .seconds(5)))
    },
    Step("groups: settle and rest") { store in
      let worker = try store.workers()[0].id
      var turn = Turn(queue: .default, worker: worker)
      turn.settlements = try store.claims(of: worker).map {
        Settlement(
          token: $0, outcome: .released, run: run, policy: RetryPolicy(), jitter: 0,
          rest: now + .seconds(5))
      }
      _ = try store.turn(turn)
    },
    Step("groups: remove all of one") { store in
      let ids = ["b1", "b2"].map { ItemID($0)! }
      _ = try store.move(ids, in: .default, by: .remove(force: true))
    },
    Step("batches: enqueue into one, behind another") { store in
      var batch = ItemBatch([ItemID("new")!, ItemID("newer")!])
      batch.batch = BatchName("fresh")
      batch.after = [Prerequisite(BatchName("more")!, .complete)]
      _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
    },
    Step("batches: open one") { store in
      _ = try store.open(BatchName("maps")!) { _ in true }
    },
    Step("batches: end a filling") { store in
      _ = try store.end(BatchFill(batch: 3, number: 1), seals: true)
    },
    Step("batches: the last item ends") { store in
      let left = ["n1", "n2", "n3"].map { ItemID($0)! }
      _ = try store.move(left, in: .default, by: .remove(force: true))
    },
    Step("batches: seal one that is awaited") { store in
      _ = try store.seal(BatchName("open")!) { _ in false }
    },
    Step("batches: those go on who waited") { store in
      _ = try store.claim(
        LeaseRequest(queue: BatchDamageTests.next, wanted: 9, length: .seconds(5)))
    },
    Step("budgets: spend, and reserve") { store in
      let worker = try store.workers()[0].id
      var turn = Turn(queue: .default, worker: worker)
      turn.settlements = try (store.claims(of: worker) + store.revoked(of: worker)).map {
        Settlement(
          token: $0, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0,
          spent: [UnitName("tokens")!: Amount(millionths: 9), UnitName("new")!: Amount.maximum])
      }
      (turn.wanted, turn.reserve) = (2, [UnitName("usd")!: Amount(millionths: 5)])
      _ = try store.turn(turn)
    },
    Step("budgets: the worker is dead") { store in
      let observer = ScriptedObserver(isDead: { _ in true }, seen: { _ in .ended(.charged) })
      _ = try store.recover(observer: observer, for: .default, given: QueueSettings())
    },
    Step("budgets: what has spent is removed") { store in
      let ids = ["a", "b", "c"].map { ItemID($0)! }
      _ = try store.move(ids, in: .default, by: .remove(force: true))
    },
    Step("results: end and give back") { store in
      let worker = try store.workers()[0].id
      var turn = Turn(queue: .default, worker: worker)
      turn.settlements = try store.claims(of: worker).map {
        Settlement(
          token: $0, outcome: .succeeded, run: run, policy: RetryPolicy(), jitter: 0,
          result: ItemResult([UInt8](repeating: 7, count: 9_000)))
      }
      _ = try store.turn(turn)
    },
    Step("results: retried") { store in
      _ = try store.move([ItemID("b")!], in: .default, by: .retry)
    },
    Step("results: removed") { store in
      _ = try store.move([ItemID("a")!], in: .default, by: .remove(force: false))
    },
    Step("results: a reader") { store in
      try store.note(lastRead: 3, by: ReaderName("sink")!, of: 1)
    },
    Step("budgets: another rate") { store in
      try store.configure(.default) { settings, _ in
        settings.change(UnitName("tokens")!) {
          $0.rate = UnitRate(Amount(millionths: 1), per: .seconds(1))
        }
      }
    },
  ]

  /// Enqueues an item of each of these groups; nil: of none.
  private static func enter(_ store: OrderedQueueStore, into groups: [String?]) throws {
    var batch = ItemBatch()
    for (number, group) in groups.enumerated() {
      batch.append(
        id: Array("new\(number)".utf8), payload: nil, group: group.flatMap { GroupName($0) })
    }
    _ = try store.enqueue(batch, to: .default, priority: 5, until: nil)
  }

  /// The tokens of what leases hold; a stale one if there are none.
  private static func leases(_ store: OrderedQueueStore) throws -> [Token] {
    let page = try store.items(of: AuditTests.leased, in: .processing, after: nil, limit: 9)
    let tokens = page.items.compactMap { item -> Token? in
      guard case .processing(let hold) = item.state else { return nil }
      return Token(number: hold.token, key: item.key, incarnation: store.incarnation)
    }
    let none = Token(
      number: 1, key: ItemKey(queue: 9, rank: 9), incarnation: store.incarnation)
    return tokens.isEmpty ? [none] : tokens
  }

  private static func made(for step: Step) throws -> TablesStore {
    if step.testDescription.hasPrefix("groups: ") { return try GroupDamageTests.soundStore() }
    if step.testDescription.hasPrefix("batches: ") { return try BatchDamageTests.soundStore() }
    if step.testDescription.hasPrefix("budgets: ") { return try BudgetDamageTests.soundStore() }
    if step.testDescription.hasPrefix("kept: ") { return try KeepingDamageTests.soundStore() }
    if step.testDescription.hasPrefix("results: ") { return try ResultDamageTests.soundStore() }
    let isOver = step.testDescription.hasPrefix("end leases")
    let made = try AuditTests.soundStore(lease: isOver ? .zero : .milliseconds(20))
    guard step.testDescription == "repair" else { return made }
    try made.store.write { session in
      _ = try session.transaction.delete(Array("default".utf8), in: .names)
      try session.update(1) { $0.counts.done += 5 }
    }
    return made
  }

  @Test(arguments: steps)
  func `a call that fails changes nothing`(_ step: Step) throws {
    let made = try Self.made(for: step)
    try failEachCall(step, made.store, made.tables)
  }

  @Test(
    arguments: steps.filter {
      step in
      !["batches: ", "budgets: ", "results: ", "kept: "].contains {
        step.testDescription.hasPrefix($0)
      }
    })
  func `a call that fails leaves a store of version 1 as it is`(_ step: Step) throws {
    let made = try AuditTests.soundStore(lease: nil)
    let store = try made.asVersion1()
    try failEachCall(step, store, made.tables)
    let version = try store.read { $0.version }
    #expect(version == Format.version)
    #expect(try store.audit().findings == [])
  }

  private func failEachCall(
    _ step: Step, _ store: OrderedQueueStore, _ tables: MemoryTables
  ) throws {
    let old = tables.everything
    try step.run(store)
    let new = tables.everything
    #expect(new != old)
    for number in 0..<10_000 {
      tables.everything = old
      (tables.calls, tables.fault) = (0, .call(number))
      let result = Result { try step.run(store) }
      let isOver = tables.calls <= number
      tables.fault = nil
      if isOver {
        try result.get()
        #expect(tables.everything == new && number > 0)
        return
      }
      #expect(throws: StoreError.self, "call \(number) failed in silence") { try result.get() }
      #expect(tables.everything == old, "call \(number)")
      try step.run(store)
      #expect(tables.everything == new, "again after call \(number)")
    }
    Issue.record("it never came to an end")
  }

  @Test(arguments: steps)
  func `a commit that fails is done or not, and said to be unknown if it may be either`(
    _ step: Step
  ) throws {
    let made = try Self.made(for: step)
    let (tables, old) = (made.tables, made.tables.everything)
    try step.run(made.store)
    let new = tables.everything
    for (fault, code, expected) in [
      (.deniedCommit, .inputOutput, old), (.unknownCommit(isDone: false), .commitUnknown, old),
      (.unknownCommit(isDone: true), .commitUnknown, new),
    ] as [(MemoryTables.Fault, StoreError.Code, MemoryTables.Everything)] {
      tables.everything = old
      tables.fault = fault
      let failure = #expect(throws: StoreError.self) { try step.run(made.store) }
      tables.fault = nil
      #expect(failure?.code == code && tables.everything == expected)
      #expect(try step.testDescription == "repair" || made.store.audit().findings == [])
    }
  }
}
