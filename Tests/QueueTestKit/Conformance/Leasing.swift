import QueueCore
import Testing

/// Items that a lease holds are claimed, extended and settled by whoever has the token.
extension ConformanceCase {
  private static let other = QueueName(unchecked: "other")

  static let leasing = [
    ConformanceCase("a lease holds items until a moment, and whoever claims is told all of it") {
      bench throws in
      try bench.put("a", payload: [1, 2])
      try bench.put("b", "c")
      let end = bench.now + .seconds(30)
      let result = try bench.lease(2, seconds: 30)
      #expect(result.claims.names == ["a", "b"] && result.until == end && result.now == bench.now)
      #expect(result.claims.map(\.payload) == [[1, 2], nil] && result.claims[0].attempt == 1)
      #expect(result.claims.map(\.since) == [bench.now, bench.now])
      #expect(result.claims.map(\.token.number) == [1, 2] && result.passedOver.isEmpty)
      let hold = Hold(tally: Tally(), token: 1, holder: .lease(until: end), since: bench.now)
      #expect(try bench.state("a") == .processing(hold))
      let counts = try bench.counts()
      #expect(counts.processing == 2 && counts.leased == 2 && counts.pending == 1)
      #expect(result.summary?.counts == counts && result.summary?.nextExpiry == end)
      #expect(try bench.store.summary(of: bench.queue)?.nextExpiry == end)
    },
    ConformanceCase("a lease takes as many as are wanted, there and allowed") { bench throws in
      try bench.put((0..<Turn.maximumItems + 2).map { ItemID("\($0)")! })
      #expect(try bench.lease(0).claims.isEmpty && bench.lease(1).claims.count == 1)
      #expect(try bench.lease(.max).claims.count == Turn.maximumItems)
      #expect(try bench.lease(9).claims.count == 1 && bench.lease(9).claims.isEmpty)
      let elsewhere = try bench.lease(1, from: other)
      #expect(elsewhere.summary == nil && elsewhere.claims.isEmpty)
    },
    ConformanceCase("payloads are left out where they are not wanted, and else have a budget") {
      bench throws in
      for id in ["a", "b", "c"] { try bench.put(id, payload: [UInt8](repeating: 7, count: 10)) }
      let first = try bench.lease(9) { $0.payloadBudget = 10 }
      #expect(first.claims.names == ["a"])
      let rest = try bench.lease(9) { $0.withPayloads = false }
      #expect(rest.claims.names == ["b", "c"])
      #expect(rest.claims.map(\.payload) == [nil, nil])
    },
    ConformanceCase("ids with LF are passed over where lines are wanted, and stay pending") {
      bench throws in
      try bench.put("a\n", "b", "\n", "c", "d\ne", "f")
      let lines = try bench.lease(2) { $0.asLines = true }
      #expect(lines.claims.names == ["b", "c"])
      #expect(lines.passedOver.map(\.description) == ["a\n", "\n"])
      #expect(try bench.ids(.pending) == ["a\n", "\n", "d\ne", "f"])
      let last = try bench.lease(9) { $0.asLines = true }
      #expect(last.claims.names == ["f"] && last.passedOver.count == 3)
      #expect(try bench.lease(2).claims.names == ["a\n", "\n"])
    },
    ConformanceCase("pause, rate and revoked claims hold a lease back as they do a worker") {
      bench throws in
      let worker = try bench.register()
      try bench.put("x", "a", "b", "c")
      _ = try bench.claim(worker, 1)
      _ = try bench.move("x", by: .remove(force: true))
      try bench.put("x", priority: 0)
      try bench.configure { $0.pause = .indefinite }
      #expect(try bench.lease(9).claims.isEmpty)
      try bench.configure { ($0.pause, $0.rate) = (nil, Rate(count: 1, per: .seconds(10))) }
      let first = try bench.lease(9)
      #expect(first.claims.names == ["a"] && first.summary?.revoked == 1)
      #expect(try bench.lease(9).claims.isEmpty)
      // Given back it is none that the rate counts.
      _ = try bench.end((first.claims[0].token, .released))
      #expect(try bench.lease(9).claims.names == ["a"])
      bench.now = bench.now + .seconds(10)
      #expect(try bench.lease(9).claims.names == ["b"])
    },
    ConformanceCase("what is due is claimed by lease") { bench throws in
      try bench.put("a", until: bench.now + .seconds(1))
      #expect(try bench.lease(1).claims.isEmpty)
      bench.now = bench.now + .seconds(1)
      #expect(try bench.lease(1).claims.names == ["a"])
    },
    ConformanceCase(
      "a claim by lease ends by its outcome, its note is kept, its token is stale then"
    ) {
      bench throws in
      try bench.put("a", "b", "c", "d")
      let claims = try bench.lease(4).claims
      let began = bench.now
      bench.now = began + .seconds(9)
      let answers = try bench.end(
        (claims[0].token, .succeeded), (claims[1].token, .failed(final: true)),
        (claims[2].token, .deferred(for: .seconds(7))), (claims[3].token, .released), note: "why")
      let run = RunSummary(
        exit: nil, startedAt: began, endedAt: bench.now, message: Array("why".utf8))
      var once = Tally()
      once.attempts = 1
      var deferred = Tally()
      deferred.deferrals = 1
      let until = bench.now + .seconds(7)
      let states: [ItemState] = [
        .done(Ending(tally: once, reason: .succeeded, run: run)),
        .failed(Ending(tally: once, reason: .failed, run: run)),
        .delayed(Delay(tally: deferred, until: until, reason: .deferred, lastRun: run)),
        .pending(Tally()),
      ]
      #expect(answers == states.map { .moved($0) })
      #expect(try ["a", "b", "c", "d"].map(bench.state) == states)
      #expect(try bench.counts().leased == 0 && bench.counts().processing == 0)
      #expect(try bench.store.summary(of: bench.queue)?.nextExpiry == nil)
      for claim in claims {
        #expect(try bench.end((claim.token, .succeeded)) == [.stale])
        #expect(try bench.store.extend([claim.token], by: .seconds(1)) == [.stale])
      }
    },
    ConformanceCase("a failed claim by lease is retried by what the item's own queue is set to") {
      bench throws in
      try bench.configure(other) {
        ($0.maximumAttempts, $0.backoff) = (2, .seconds(4)...(.seconds(8)))
      }
      try bench.put("a")
      try bench.put("b", to: other)
      let tokens = try [
        bench.lease(1).claims[0].token, bench.lease(1, from: other).claims[0].token,
      ]
      let until = [bench.now + .milliseconds(500), bench.now + .seconds(2)]
      let answers = try bench.end(
        (tokens[0], .failed(final: false)), (tokens[1], .failed(final: false)))
      for (answer, until) in zip(answers, until) {
        guard case .moved(.delayed(let delay)) = answer else {
          Issue.record("it is \(answer)")
          return
        }
        #expect(delay.until == until && delay.reason == .backoff && delay.tally.attempts == 1)
      }
      bench.now = until[1]
      let again = try bench.lease(1, from: other).claims[0]
      #expect(again.attempt == 2)
      _ = try bench.end((again.token, .failed(final: false)))
      #expect(try bench.counts(of: other).failed == 1)
    },
    ConformanceCase("a token settles once, foreign and invented ones not at all") { bench throws in
      try bench.put("a", "b")
      let claims = try bench.lease(2).claims
      let token = claims[0].token
      #expect(
        try bench.end((token, .succeeded), (token, .failed(final: true))).last == .stale)
      let (number, key, own) = (claims[1].token.number, claims[1].token.key, token.incarnation)
      let before = try bench.everything()
      let tokens = [
        Token(number: number, key: key, incarnation: own ^ 1),
        Token(number: number + 1, key: key, incarnation: own),
        Token(number: number, key: ItemKey(queue: key.queue, rank: key.rank + 1), incarnation: own),
        Token(number: .max, key: ItemKey(queue: .max, rank: .max), incarnation: own),
      ]
      let stale = tokens.map { _ in LeaseAnswer.stale }
      #expect(try bench.store.extend(tokens, by: .seconds(9)) == stale)
      let ends = tokens.map { LeaseSettlement(token: $0, outcome: .succeeded, jitter: 0) }
      #expect(try bench.store.settle(ends).answers == stale && bench.everything() == before)
      #expect(
        try bench.store.settle([]) == LeaseSettled()
          && bench.store.extend([], by: .seconds(1)) == [])
    },
    ConformanceCase("what a worker holds is no lease's to end or extend") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      let before = try bench.everything()
      #expect(try bench.end((token, .succeeded)) == [.ofWorker])
      #expect(try bench.store.extend([token], by: .seconds(9)) == [.ofWorker])
      bench.now = bench.now + .seconds(86_400)
      #expect(try bench.store.expire() == 0 && bench.everything() == before)
      #expect(try bench.counts().leased == 0 && bench.store.claims(of: worker) == [token])
    },
    ConformanceCase("an item that is removed from its lease is gone, and its id free at once") {
      bench throws in
      try bench.put("a")
      let token = try bench.lease(1).claims[0].token
      #expect(try bench.move("a", by: .remove(force: false)) == [.refused(.processing)])
      #expect(try bench.move("a", by: .remove(force: true)) == [.moved])
      #expect(try bench.counts().leased == 0 && bench.store.summary(of: bench.queue)?.revoked == 0)
      #expect(try bench.end((token, .succeeded)) == [.stale])
      try bench.put("a")
      #expect(try bench.lease(1).claims.names == ["a"])
    },
  ]
}
