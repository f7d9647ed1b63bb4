import QueueCore
import Testing

extension ConformanceCase {
  static let claiming = [
    ConformanceCase("no more is claimed than is wanted, nor than there is") { bench throws in
      try bench.put("a", "b", "c")
      let worker = try bench.register()
      #expect(try bench.claim(worker, 0).isEmpty)
      #expect(try bench.claim(worker, 2).names == ["a", "b"])
      #expect(try bench.claim(worker, 2).names == ["c"])
      #expect(try bench.claim(worker, 2).isEmpty)
      #expect(try bench.counts().processing == 3)
    },
    ConformanceCase("no turn claims more than its bound") { bench throws in
      try bench.put((0..<Turn.maximumItems + 1).map { ItemID("\($0)")! })
      let worker = try bench.register()
      #expect(try bench.claim(worker, .max).count == Turn.maximumItems)
      #expect(try bench.claim(worker, .max).count == 1)
    },
    ConformanceCase("claiming stops once the payloads have the budget's size") { bench throws in
      for id in ["a", "b", "c", "d"] {
        try bench.put(id, payload: [UInt8](repeating: 7, count: 10))
      }
      let worker = try bench.register()
      #expect(try bench.turn(worker, wanted: 9, budget: 0).claims.names == ["a"])
      #expect(try bench.turn(worker, wanted: 9, budget: 11).claims.names == ["b", "c"])
      #expect(try bench.turn(worker, wanted: 9, budget: 10).claims.names == ["d"])
    },
    ConformanceCase("a claim says what the worker must know, and the item who has it") {
      bench throws in
      try bench.put("a", payload: [1, 2])
      let worker = try bench.register()
      bench.now = bench.now + .seconds(1)
      let claim = try bench.claim(worker, 1)[0]
      let item = try #require(try bench.store.item(ItemID("a")!, in: bench.queue))
      #expect(claim.payload == [1, 2] && claim.attempt == 1 && claim.since == bench.now)
      #expect(claim.token.key == item.key)
      let hold = Hold(
        tally: Tally(), token: claim.token.number, holder: .worker(worker), since: bench.now)
      #expect(item.state == .processing(hold))
      #expect(try bench.store.claims(of: worker) == [claim.token])
    },
    ConformanceCase("tokens are numbered on, over turns, workers and queues") { bench throws in
      let other = QueueName(unchecked: "other")
      try bench.put("a", "b")
      try bench.put("x", to: other)
      let (one, two) = (try bench.register(), try bench.register())
      let claims =
        try bench.claim(one, 1) + bench.claim(two, 1, from: other) + bench.claim(one, 1)
      #expect(claims.map(\.token.number) == [1, 2, 3])
      #expect((one.number, two.number) == (1, 2))
      #expect(Set(claims.map(\.token.incarnation)).count == 1)
    },
    ConformanceCase("settlements come before claims in one turn") { bench throws in
      try bench.put("a")
      let worker = try bench.register()
      let token = try bench.claim(worker, 1)[0].token
      let result = try bench.turn(worker, [(token, .released)], wanted: 1)
      #expect(result.settled == [.moved(.pending(Tally()))])
      #expect(result.claims.names == ["a"] && result.claims[0].token != token)
    },
    ConformanceCase("a queue that is not there has nothing to claim") { bench throws in
      let worker = try bench.register()
      let result = try bench.turn(worker, wanted: 1)
      #expect(result.claims.isEmpty && result.summary == nil)
      #expect(try bench.store.summaries().isEmpty)
    },
    ConformanceCase("nothing is claimed from a paused queue, but settled and due all the same") {
      bench throws in
      try bench.put("a", "b")
      try bench.put("c", until: bench.now)
      let worker = try bench.register()
      let token = try bench.turn(worker, wanted: 1).claims[0].token
      try bench.configure { $0.pause = .indefinite }
      let result = try bench.turn(worker, [(token, .succeeded)], wanted: 9)
      #expect(result.claims.isEmpty && result.summary?.settings.pause == .indefinite)
      #expect(result.summary?.counts.done == 1 && result.summary?.counts.delayed == 0)
      try bench.configure { $0.pause = nil }
      #expect(try bench.claim(worker, 9).names == ["b", "c"])
    },
    ConformanceCase("a pause until a moment ends at that moment") { bench throws in
      try bench.put("a")
      let worker = try bench.register()
      let end = bench.now + .seconds(2)
      try bench.configure { $0.pause = .until(end) }
      bench.now = end + .microseconds(-1)
      #expect(try bench.claim(worker, 1).isEmpty)
      bench.now = end
      #expect(try bench.claim(worker, 1).names == ["a"])
    },
    ConformanceCase("configuring makes the queue and keeps what is set") { bench throws in
      let end = bench.now + .seconds(2)
      try bench.configure { $0.pause = .until(end) }
      try bench.configure { settings in
        #expect(settings.pause == .until(end))
      }
      try bench.put("a")
      let summary = try #require(try bench.store.summary(of: bench.queue))
      #expect(summary.settings.pause == .until(end))
      #expect(summary.isPaused(at: bench.now) && !summary.isPaused(at: end))
    },
  ]
}
