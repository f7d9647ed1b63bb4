import QueueCore
import Testing

extension UnitName {
  static let usd = UnitName("usd")!
  static let tokens = UnitName("tokens")!
}

extension Amount {
  /// An amount as text names it.
  init(_ text: String) { self = Amount(shortened: text)! }
}

extension Bench {
  func budget(_ unit: UnitName = .usd) throws -> BudgetSummary? {
    try store.budgets(of: queue).first { $0.unit == unit }
  }

  /// What is spent of a unit, and what is reserved.
  func spent(_ unit: UnitName = .usd) throws -> [String] {
    try budget(unit).map { [$0.spending.spent.text, $0.spending.reserved.text] } ?? []
  }

  func limit(_ text: String?, of unit: UnitName = .usd) throws {
    try configure { $0.change(unit) { $0.limit = text.map { Amount($0) } } }
  }

  func claim(_ worker: WorkerID, _ count: Int, reserving amount: String) throws -> [Claim] {
    var turn = Turn(queue: queue, worker: worker)
    (turn.wanted, turn.reserve) = (count, [.usd: Amount(amount)])
    return try store.turn(turn).claims
  }

  /// Ends a claim whose run has spent something.
  @discardableResult
  func settle(
    _ worker: WorkerID, _ token: Token, _ outcome: Outcome = .succeeded, spent: Amounts
  ) throws -> Settled? {
    var turn = Turn(queue: queue, worker: worker)
    turn.settlements = [
      Settlement(
        token: token, outcome: outcome, run: Self.run, policy: policy, jitter: 0, spent: spent)
    ]
    return try store.turn(turn).settled.first
  }

  @discardableResult
  func settle(
    _ worker: WorkerID, _ token: Token, _ outcome: Outcome = .succeeded, usd: String
  ) throws -> Settled? {
    try settle(worker, token, outcome, spent: [.usd: Amount(usd)])
  }
}

extension ConformanceCase {
  static let budgeting: [ConformanceCase] =
    spending + reserving + [
      ConformanceCase("at the limit nothing is claimed, and once it is raised everything may be") {
        bench throws in
        try bench.put("a", "b", "c", "d")
        try bench.limit("1")
        let worker = try bench.register()
        let claims = try bench.claim(worker, 2)
        try bench.settle(worker, claims[0].token, usd: "0.999999")
        #expect(try bench.claim(worker, 1).names == ["c"])
        try bench.settle(worker, claims[1].token, .failed(final: true), usd: "0.000001")
        #expect(try bench.claim(worker, 9).isEmpty && bench.lease(9).claims.isEmpty)
        #expect(try bench.budget()?.isSpent(reserving: .zero) == true)
        #expect(try bench.store.summary(of: bench.queue)?.budgets == [bench.budget()!])
        // Another queue has its own.
        let other = QueueName(unchecked: "other")
        try bench.put("x", to: other)
        #expect(try bench.claim(worker, 9, from: other).names == ["x"])
        try bench.limit("1.000001")
        #expect(try bench.claim(worker, 9).names == ["d"])
        try bench.limit(nil)
        #expect(try bench.store.summary(of: bench.queue)?.budgets == [])
        #expect(try bench.spent() == ["1", "0"])
      },
      ConformanceCase("a budget of nothing lets nothing be claimed") { bench throws in
        try bench.put("a")
        try bench.limit("0")
        let worker = try bench.register()
        #expect(try bench.claim(worker, 1).isEmpty)
      },
      ConformanceCase("a rate of a unit lets the next be claimed once what was spent is worked off")
      { bench throws in
        try bench.put("a", "b", "c", "d")
        try bench.configure {
          $0.change(.tokens) { $0.rate = UnitRate(Amount("10"), per: .seconds(1)) }
        }
        let worker = try bench.register()
        let start = bench.now
        let claims = try bench.claim(worker, 2)
        bench.now = start + .seconds(1)
        // It ran for a second, and a second's worth is worked off by now.
        try bench.settle(worker, claims[0].token, spent: [.tokens: Amount("10")])
        #expect(try bench.budget(.tokens)?.opening(now: bench.now) == nil)
        try bench.settle(worker, claims[1].token, spent: [.tokens: Amount("25")])
        let opening = start + .milliseconds(3_500)
        #expect(try bench.budget(.tokens)?.opening(now: bench.now) == opening)
        bench.now = opening + .microseconds(-1)
        #expect(try bench.claim(worker, 1).isEmpty && bench.lease(1).claims.isEmpty)
        // At twice the rate what is left takes half the time.
        bench.now = start + .milliseconds(1_500)
        try bench.configure {
          $0.change(.tokens) { $0.rate = UnitRate(Amount("20"), per: .seconds(1)) }
        }
        bench.now = start + .milliseconds(2_499)
        #expect(try bench.claim(worker, 1).isEmpty)
        bench.now = start + .milliseconds(2_500)
        #expect(try bench.claim(worker, 1).names == ["c"])
        try bench.configure { $0.change(.tokens) { $0.rate = nil } }
        #expect(try bench.budget(.tokens)?.spending.workedOff == nil)
        #expect(try bench.spent(.tokens) == ["35", "0"])
      },
      ConformanceCase("a clock that is set back does not keep a queue from going on") {
        bench throws in
        try bench.put("a", "b", "c")
        try bench.configure {
          $0.change(.tokens) { $0.rate = UnitRate(Amount("1"), per: .seconds(1)) }
        }
        let worker = try bench.register()
        let claims = try bench.claim(worker, 2)
        try bench.settle(worker, claims[0].token, spent: [.tokens: Amount("3")])
        try bench.settle(worker, claims[1].token, spent: [.tokens: Amount("4")])
        let start = bench.now
        bench.now = start + .seconds(-1_000)
        #expect(try bench.claim(worker, 1).names == ["c"])
        // What is owed is worked off as before once the clock is right.
        bench.now = start + .seconds(6)
        #expect(try bench.budget(.tokens)?.opening(now: bench.now) == start + .seconds(7))
      },
      ConformanceCase("no more is reserved than a sum can hold") { bench throws in
        try bench.put((1...20).map { ItemID("\($0)")! })
        let worker = try bench.register()
        #expect(try bench.claim(worker, 20, reserving: "1000G").count == 9)
        #expect(try bench.claim(worker, 20, reserving: "1000G").isEmpty)
        #expect(try bench.claim(worker, 20).count == 11)
      },
      ConformanceCase("groups take turns within a budget, and none is claimed beyond it") {
        bench throws in
        try bench.put("a1", "a2", "a3", group: "a")
        try bench.put("b1", group: "b")
        try bench.limit("1")
        let worker = try bench.register()
        #expect(try bench.claim(worker, 9, reserving: "0.3").names == ["a1", "b1", "a2"])
        #expect(try bench.claim(worker, 9, reserving: "0.3").isEmpty)
      },
      ConformanceCase("a queue that is removed has spent nothing when it is made again") {
        bench throws in
        let worker = try bench.register()
        try bench.put("a")
        try bench.limit("5")
        try bench.settle(worker, bench.claim(worker, 1)[0].token, usd: "2")
        _ = try bench.move("a", by: .remove(force: false))
        #expect(try bench.spent() == ["2", "0"])
        #expect(try bench.store.removeQueue(bench.queue))
        try bench.put("a")
        #expect(try bench.store.budgets(of: bench.queue).isEmpty)
      },
    ]

  private static let spending: [ConformanceCase] = [
    ConformanceCase("what runs spend adds up exactly, whatever becomes of their items") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      var sum = Amount.zero
      let outcomes: [Outcome] = [
        .failed(final: false), .deferred(for: .seconds(1)), .crashed, .released, .timedOut,
        .succeeded,
      ]
      bench.policy.maximumAttempts = 9
      for (number, outcome) in outcomes.enumerated() {
        let amount = Amount(millionths: 100_001 * UInt64(number + 1))
        let token = try bench.claim(worker, 1)[0].token
        try bench.settle(worker, token, outcome, spent: [.usd: amount, .tokens: Amount("7")])
        sum += amount
        #expect(try bench.budget()?.spending.spent == sum)
        bench.now = bench.now + .seconds(600)
      }
      #expect(sum.text == "2.100021")
      let item = try bench.store.item(ItemID("a")!, in: bench.queue)
      #expect(item?.spent == [.usd: sum, .tokens: Amount("42")])
      #expect(try bench.move("a", by: .remove(force: false)) == [.moved])
      #expect(try bench.spent() == ["2.100021", "0"] && bench.spent(.tokens) == ["42", "0"])
    },
    ConformanceCase("a settlement that is refused books nothing, and one that is repeated once") {
      bench throws in
      let (worker, other) = (try bench.register(), try bench.register())
      try bench.put("a", "b")
      let claims = try bench.claim(worker, 2)
      try bench.settle(worker, claims[0].token, usd: "1")
      #expect(try bench.settle(worker, claims[0].token, usd: "1") == .stale)
      #expect(try bench.recover(worker).recovered == 1)
      #expect(try bench.settle(other, claims[1].token, usd: "1") == .stale)
      #expect(try bench.spent() == ["1", "0"])
    },
    ConformanceCase("an item that is tried afresh keeps what it has spent") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let first = try bench.claim(worker, 1)[0].token
      try bench.settle(worker, first, .failed(final: true), usd: "0.5")
      #expect(try bench.move("a", by: .retry) == [.moved])
      try bench.settle(worker, bench.claim(worker, 1)[0].token, usd: "0.25")
      #expect(try bench.spent() == ["0.75", "0"])
      let item = try bench.store.item(ItemID("a")!, in: bench.queue)
      #expect(item?.spent.words == "usd 0.75")
    },
    ConformanceCase("what the run of a removed item has spent is booked once it has ended") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      let claims = try bench.claim(worker, 2, reserving: "2")
      try bench.settle(worker, claims[1].token, .failed(final: true), usd: "0.1")
      #expect(try bench.move("a", "b", by: .remove(force: true)) == [.moved, .moved])
      #expect(try bench.spent() == ["0.1", "2"])
      #expect(try bench.settle(worker, claims[0].token, .released, usd: "0.7") == .stale)
      #expect(try bench.spent() == ["0.8", "0"])
      #expect(try bench.settle(worker, claims[0].token, .released, usd: "0.7") == .stale)
      #expect(try bench.spent() == ["0.8", "0"])
    },
    ConformanceCase("claims by lease spend and reserve as others do") { bench throws in
      try bench.put("a", "b", "c")
      try bench.limit("3")
      let claims = try bench.lease(9, seconds: 60) { $0.reserve = [.usd: Amount("1.5")] }.claims
      #expect(claims.names == ["a", "b"])
      let answers = try bench.store.settle([
        LeaseSettlement(
          token: claims[0].token, outcome: .succeeded, jitter: 0, spent: [.usd: Amount("0.5")])
      ]).answers
      guard case .moved(.done) = answers[0] else { return #expect(Bool(false)) }
      #expect(try bench.spent() == ["0.5", "1.5"])
      bench.now = bench.now + .seconds(60)
      #expect(try bench.store.expire() == 1)
      #expect(try bench.spent() == ["2", "0"])
      // What a lease holds that is removed: nobody will tell what was spent on it.
      #expect(try bench.lease(9) { $0.reserve = [.usd: Amount("1")] }.claims.names == ["b"])
      #expect(try bench.move("b", by: .remove(force: true)) == [.moved])
      #expect(try bench.spent() == ["3", "0"])
      #expect(try bench.lease(9).claims.isEmpty)
    },
  ]

  private static let reserving: [ConformanceCase] = [
    ConformanceCase("no more is claimed than can be reserved, and what was not needed comes back") {
      bench throws in
      try bench.put("a", "b", "c", "d", "e", "f")
      try bench.limit("1")
      let (one, two) = (try bench.register(), try bench.register())
      let claims = try bench.claim(one, 9, reserving: "0.3")
      #expect(claims.names == ["a", "b", "c"])
      #expect(try bench.claim(two, 9, reserving: "0.3").isEmpty)
      #expect(try bench.spent() == ["0", "0.9"])
      // Who reserves less, or nothing, may take what is left.
      #expect(try bench.claim(two, 1, reserving: "0.1").names == ["d"])
      #expect(try bench.claim(two, 9).isEmpty)
      try bench.settle(one, claims[0].token, usd: "0.05")
      #expect(try bench.spent() == ["0.05", "0.7"])
      #expect(try bench.budget()?.isSpent(reserving: Amount("0.96")) == true)
      #expect(try bench.claim(two, 9, reserving: "0.25").names == ["e"])
      #expect(try bench.budget()?.isSpent(reserving: Amount("0.3")) == false)
      try bench.settle(one, claims[1].token, .released, spent: [:])
      #expect(try bench.spent() == ["0.05", "0.65"])
      #expect(try bench.claim(two, 9, reserving: "0.3").names == ["b"])
    },
    ConformanceCase("a reservation counts as spent if its run was lost, and not if it never began")
    {
      bench throws in
      try bench.put("a", "b", "c", "d")
      let (dead, other) = (try bench.register(), try bench.register())
      let claims = try bench.claim(dead, 4, reserving: "0.02")
      let seen: [RunObservation] = [
        .ended(.charged), .ended(.excused), .ended(.unbegun), .orphaned,
      ]
      let recovery = try bench.recover(dead) { token in
        seen[claims.firstIndex { $0.token == token }!]
      }
      #expect(recovery.recovered == 3 && recovery.orphaned == 1)
      #expect(try bench.spent() == ["0.04", "0.02"])
      let item = try bench.store.item(ItemID("d")!, in: bench.queue)
      #expect(item?.reserved == [.usd: Amount("0.02")] && item?.spent == [:])
      #expect(try bench.recover(dead).recovered == 1)
      #expect(try bench.spent() == ["0.06", "0"])
      #expect(try bench.state("b")?.tally.losses == 0)
      #expect(try bench.claim(other, 9).names == ["a", "b", "c", "d"])
    },
    ConformanceCase("the reservation of a removed item's run stands until that is over") {
      bench throws in
      try bench.put("a", "b")
      let dead = try bench.register()
      let claims = try bench.claim(dead, 2, reserving: "0.5")
      _ = try bench.move("a", "b", by: .remove(force: true))
      #expect(try bench.spent() == ["0", "1"])
      let began = claims[0].token
      _ = try bench.recover(dead) { .ended($0 == began ? .excused : .unbegun) }
      #expect(try bench.spent() == ["0.5", "0"])
    },
  ]
}
