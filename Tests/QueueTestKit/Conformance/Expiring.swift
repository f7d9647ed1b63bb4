import QueueCore
import Testing

/// A lease ends by itself: whoever comes first takes back what it held.
extension ConformanceCase {
  private static let other = QueueName(unchecked: "other")
  private static let lost = Tally(attempts: 0, crashes: 0, timeouts: 0, deferrals: 0, losses: 1)

  static let expiring = [
    ConformanceCase("a lease that ran out is lost, whoever sees it, of whatever queue") {
      bench throws in
      let worker = try bench.register()
      for who in 0..<4 {
        try bench.put("a")
        let token = try bench.lease(1, seconds: 5).claims[0].token
        bench.now = bench.now + .microseconds(4_999_999)
        #expect(try bench.store.expire() == 0 && bench.counts().leased == 1)
        bench.now = bench.now + .microseconds(1)
        switch who {
        case 0: #expect(try bench.store.expire() == 1)
        case 1: _ = try bench.turn(worker)
        case 2: _ = try bench.turn(worker, wanted: 1, from: other)
        default: _ = try bench.lease(1, from: other)
        }
        #expect(try bench.state("a") == .pending(lost))
        #expect(try bench.counts().leased == 0 && bench.counts().processing == 0)
        #expect(try bench.end((token, .succeeded)) == [.stale])
        #expect(try bench.store.extend([token], by: .seconds(5)) == [.stale])
        #expect(try bench.store.expire() == 0)
        _ = try bench.move("a", by: .remove(force: false))
      }
    },
    ConformanceCase("who sees that a lease ran out may claim the item in the same transaction") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      _ = try bench.lease(1, seconds: 5)
      bench.now = bench.now + .seconds(5)
      let claim = try bench.claim(worker, 1)
      #expect(claim.names == ["a"] && claim[0].tally == lost)
      _ = try bench.settle(worker, claim[0].token, .released)
      _ = try bench.lease(1, seconds: 5)
      bench.now = bench.now + .seconds(5)
      #expect(try bench.lease(1).claims.map(\.tally.losses) == [2])
    },
    ConformanceCase("a lease that is extended ends later, or earlier") { bench throws in
      try bench.put("a", "b")
      let tokens = try bench.lease(2, seconds: 5).claims.map(\.token)
      bench.now = bench.now + .seconds(3)
      let end = bench.now + .seconds(5)
      let answer = try bench.store.extend([tokens[0]], by: .seconds(5))
      let since = bench.now + .seconds(-3)
      let hold = Hold(tally: Tally(), token: 1, holder: .lease(until: end), since: since)
      #expect(try answer == [.moved(.processing(hold))] && bench.state("a") == .processing(hold))
      #expect(try bench.store.summary(of: bench.queue)?.nextExpiry == bench.now + .seconds(2))
      bench.now = bench.now + .seconds(2)
      #expect(try bench.store.expire() == 1 && bench.ids(.pending) == ["b"])
      #expect(try bench.store.summary(of: bench.queue)?.nextExpiry == end)
      _ = try bench.store.extend([tokens[0]], by: .seconds(1))
      bench.now = bench.now + .seconds(1)
      #expect(try bench.store.expire() == 1 && bench.counts().leased == 0)
    },
    ConformanceCase("as long as nobody has ended a lease its token settles, also after its moment")
    {
      bench throws in
      try bench.put("a", "b")
      let tokens = try bench.lease(2, seconds: 5).claims.map(\.token)
      bench.now = bench.now + .seconds(9)
      _ = try bench.end((tokens[0], .succeeded))
      _ = try bench.store.extend([tokens[1]], by: .seconds(5))
      #expect(try bench.store.expire() == 0)
      #expect(try bench.ids(.done) == ["a"] && bench.counts().leased == 1)
    },
    ConformanceCase("an item whose leases run out again and again ends as poison") { bench throws in
      try bench.configure { $0.maximumLosses = 2 }
      try bench.put("a")
      let began = bench.now + .seconds(5)
      for _ in 0..<2 {
        _ = try bench.lease(1, seconds: 5)
        bench.now = bench.now + .seconds(5)
        #expect(try bench.store.expire() == 1)
      }
      var tally = lost
      tally.losses = 2
      let run = RunSummary(
        exit: nil, startedAt: began, endedAt: bench.now, message: Array("its lease ran out".utf8))
      #expect(
        try bench.state("a") == .failed(Ending(tally: tally, reason: .poison, run: run)))
    },
    ConformanceCase("no transaction ends more leases than its bound, those that ended first first")
    {
      bench throws in
      try bench.put((0..<Turn.maximumItems + 1).map { ItemID("\($0)")! })
      _ = try bench.lease(1, seconds: 6)
      _ = try bench.lease(.max, seconds: 5)
      bench.now = bench.now + .seconds(9)
      #expect(try bench.store.expire() == Turn.maximumItems)
      #expect(try bench.ids(.processing) == ["0"] && bench.counts().leased == 1)
      #expect(try bench.store.expire() == 1 && bench.store.expire() == 0)
    },
    ConformanceCase("a clock that is set back keeps leases, one that is set forward ends them") {
      bench throws in
      try bench.put("a")
      let token = try bench.lease(1, seconds: 5).claims[0].token
      bench.now = bench.now + .seconds(-86_400)
      #expect(try bench.store.expire() == 0)
      #expect(try bench.store.extend([token], by: .seconds(5)).first != .stale)
      bench.now = bench.now + .seconds(86_400 * 3)
      #expect(try bench.store.expire() == 1)
    },
  ]
}
