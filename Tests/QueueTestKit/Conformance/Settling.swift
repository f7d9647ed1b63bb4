import QueueCore
import Testing

/// What one run of a new item leads to, at half of the back-off.
private func outcomes(at now: Timestamp) -> [(Outcome, ItemState)] {
  func tally(_ change: (inout Tally) -> Void) -> Tally {
    var tally = Tally()
    change(&tally)
    return tally
  }
  func ended(_ reason: Ending.Reason) -> Ending {
    Ending(tally: tally { $0.attempts = 1 }, reason: reason, run: Bench.run)
  }
  func delayed(
    _ wait: Duration, _ reason: Delay.Reason, _ change: (inout Tally) -> Void
  ) -> ItemState {
    .delayed(Delay(tally: tally(change), until: now + wait, reason: reason, lastRun: Bench.run))
  }
  let half = Duration.milliseconds(500)
  return [
    (.succeeded, .done(ended(.succeeded))),
    (.failed(final: true), .failed(ended(.failed))),
    (.failed(final: false), delayed(half, .backoff) { $0.attempts = 1 }),
    (.crashed, delayed(half, .backoff) { ($0.attempts, $0.crashes) = (1, 1) }),
    (.timedOut, delayed(half, .backoff) { ($0.attempts, $0.timeouts) = (1, 1) }),
    (.deferred(for: nil), delayed(.seconds(1), .deferred) { $0.deferrals = 1 }),
    (.deferred(for: .seconds(7)), delayed(.seconds(7), .deferred) { $0.deferrals = 1 }),
    (.lost(.charged), .pending(tally { $0.losses = 1 })),
    (.lost(.unbegun), .pending(Tally())),
    (.released, .pending(Tally())),
  ]
}

extension ConformanceCase {
  static let settling = [
    ConformanceCase("every outcome leads where the state machine says, and is kept") {
      bench throws in
      let worker = try bench.register()
      let all = outcomes(at: bench.now)
      for (index, (outcome, expected)) in all.enumerated() {
        let id = "item \(index)"
        try bench.put(id)
        let token = try bench.claim(worker, 1)[0].token
        #expect(try bench.settle(worker, token, outcome) == .moved(expected))
        #expect(try bench.state(id) == expected)
        #expect(try bench.ids(expected.status) == [id])
        #expect(try bench.counts()[expected.status] == 1)
        #expect(try bench.store.claims(of: worker).isEmpty)
        #expect(try bench.move(id, by: .remove(force: false)) == [.moved])
      }
      #expect(try bench.counts().removed == UInt64(all.count))
    },
    ConformanceCase("attempts run out over claims, and the next claim counts on") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      for attempt in 1...3 as ClosedRange<UInt32> {
        let claim = try bench.claim(worker, 1)[0]
        #expect(claim.attempt == attempt)
        _ = try bench.settle(worker, claim.token, .crashed)
        bench.now = bench.now + .seconds(300)
      }
      let tally = Tally(attempts: 3, crashes: 3, timeouts: 0, deferrals: 0, losses: 0)
      let ending = Ending(tally: tally, reason: .crashed, run: Bench.run)
      #expect(try bench.state("a") == .failed(ending))
    },
    ConformanceCase("claims of several queues are settled in one turn, each in its own") {
      bench throws in
      let other = QueueName(unchecked: "other")
      let worker = try bench.register()
      try bench.put("a")
      try bench.put("a", to: other)
      let tokens = try [
        bench.claim(worker, 1)[0].token, bench.claim(worker, 1, from: other)[0].token,
      ]
      let result = try bench.turn(worker, tokens.map { ($0, .succeeded) })
      #expect(result.summary?.counts.done == 1)
      #expect(try bench.counts(of: other).done == 1)
    },
  ]

  static let refusing = [
    ConformanceCase("a token settles once") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      let twice = try bench.turn(worker, [(token, .succeeded), (token, .failed(final: true))])
      #expect(twice.settled.count == 2 && twice.settled[1] == .stale)
      #expect(try bench.settle(worker, token, .released) == .stale)
      #expect(try bench.ids(.done) == ["a"])
    },
    ConformanceCase("the token of an earlier claim is stale while a later one holds") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let first = try bench.claim(worker, 1)[0].token
      _ = try bench.settle(worker, first, .released)
      let second = try bench.claim(worker, 1)[0].token
      #expect(try bench.settle(worker, first, .succeeded) == .stale)
      #expect(try bench.store.claims(of: worker) == [second])
    },
    ConformanceCase("the token of a removed item is stale, and of one that came again") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.move("a", by: .remove(force: true)) == [.moved])
      #expect(try bench.settle(worker, token, .succeeded) == .stale)
      try bench.put("a")
      #expect(try bench.settle(worker, token, .succeeded) == .stale)
      #expect(try bench.state("a") == .pending(Tally()))
    },
    ConformanceCase("the token of a recovered claim is stale") { bench throws in
      let (dead, worker) = (try bench.register(), try bench.register())
      try bench.put("a")
      let token = try bench.claim(dead, 1)[0].token
      #expect(try bench.recover(dead).recovered == 1)
      #expect(try bench.settle(worker, token, .succeeded) == .stale)
      #expect(try bench.ids(.pending) == ["a"])
    },
    ConformanceCase("foreign and invented tokens are stale, and nothing changes") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      let token = try bench.claim(worker, 1)[0].token
      let before = try bench.everything()
      let (number, key, own) = (token.number, token.key, token.incarnation)
      let tokens = [
        Token(number: number, key: key, incarnation: own ^ 1),
        Token(number: number + 1, key: key, incarnation: own),
        Token(number: number, key: ItemKey(queue: key.queue, rank: key.rank + 1), incarnation: own),
        Token(number: number, key: ItemKey(queue: 99, rank: key.rank), incarnation: own),
        Token(number: .max, key: ItemKey(queue: .max, rank: .max), incarnation: own),
        Token(number: 0, key: ItemKey(queue: 0, rank: 0), incarnation: 0),
      ]
      let result = try bench.turn(worker, tokens.map { ($0, .succeeded) })
      #expect(result.settled == tokens.map { _ in .stale })
      #expect(try bench.everything() == before)
    },
    ConformanceCase("a worker that is not registered is refused, and nothing changes") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      try bench.put("c", until: bench.now)
      let token = try bench.claim(worker, 1)[0].token
      let before = try bench.everything()
      let error = #expect(throws: StoreError.self) {
        _ = try bench.turn(WorkerID(99), [(token, .succeeded)], wanted: 1)
      }
      #expect(error?.code == .notRegistered)
      #expect(try bench.everything() == before)
      #expect(try bench.store.claims(of: WorkerID(99)).isEmpty)
    },
  ]
}
