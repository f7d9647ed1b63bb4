import QueueCore
import Testing

extension Bench {
  /// Enqueues ids of a group; nil: of none.
  func put(_ ids: String..., group: String?, priority: UInt8 = 128) throws {
    var batch = ItemBatch()
    for id in ids {
      batch.append(id: Array(id.utf8), payload: nil, group: group.flatMap { GroupName($0) })
    }
    _ = try store.enqueue(batch, to: queue, priority: priority, until: nil)
  }

  func configure(group: String, _ change: (inout GroupSettings) -> Void) throws {
    try store.configure(GroupName(group)!, of: queue, change)
  }

  func group(_ name: String) throws -> GroupSummary? {
    try store.group(GroupName(name)!, of: queue)
  }

  /// Ends one claim and lets its group rest.
  func rest(_ worker: WorkerID, _ token: Token, until moment: Timestamp) throws -> TurnResult {
    var turn = Turn(queue: queue, worker: worker)
    turn.settlements = [
      Settlement(
        token: token, outcome: .succeeded, run: Self.run, policy: policy, jitter: 0, rest: moment)
    ]
    turn.wanted = 9
    return try store.turn(turn)
  }
}

extension ConformanceCase {
  static let grouping = [
    ConformanceCase("groups take turns, one item each, whatever came first") { bench throws in
      try bench.put("a1", "a2", "a3", "a4", group: "a")
      try bench.put("b1", "b2", group: "b")
      try bench.put("n1", "n2", group: nil)
      let worker = try bench.register()
      #expect(try bench.claim(worker, 4).names == ["a1", "b1", "n1", "a2"])
      #expect(try bench.claim(worker, 9).names == ["b2", "n2", "a3", "a4"])
    },
    ConformanceCase("a more urgent item goes before other groups' turns") { bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.put("b1", group: "b")
      try bench.put("a0", group: "a", priority: 5)
      try bench.put("b0", group: "b", priority: 5)
      let worker = try bench.register()
      #expect(try bench.claim(worker, 9).names == ["a0", "b0", "a1", "b1", "a2"])
    },
    ConformanceCase("no more of a group run than its limit, and none waits that may run") {
      bench throws in
      try bench.put("a1", "a2", "a3", group: "a")
      try bench.put("b1", "b2", "b3", group: "b")
      try bench.configure { $0.groupLimit = 1 }
      try bench.configure(group: "b") { $0.limit = 2 }
      let (one, two) = (try bench.register(), try bench.register())
      let first = try bench.claim(one, 9)
      #expect(first.names == ["a1", "b1", "b2"])
      let nothing = try bench.turn(two, wanted: 9)
      #expect(nothing.claims.isEmpty && nothing.summary?.turns?.isReady == false)
      #expect(
        nothing.summary?.turns?.next == nil && nothing.summary?.hasItems(at: bench.now) == false)
      // An end of one makes room for one, for whoever asks.
      let after = try bench.turn(one, [(first[1].token, .succeeded)])
      #expect(after.summary?.turns?.isReady == true)
      #expect(try bench.claim(two, 9).names == ["b3"])
      #expect(try bench.group("b")?.running == 2 && bench.group("a")?.running == 1)
    },
    ConformanceCase("a lease counts, and so does what was given back and claimed again") {
      bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.configure { $0.groupLimit = 1 }
      let worker = try bench.register()
      let leased = try bench.lease(9, seconds: 10)
      #expect(leased.claims.names == ["a1"] && leased.summary?.turns?.isReady == false)
      #expect(try bench.claim(worker, 9).isEmpty)
      #expect(try bench.end((leased.claims[0].token, .released)).count == 1)
      #expect(try bench.claim(worker, 9).names == ["a1"])
    },
    ConformanceCase("what a dead worker left counts until it is known to have ended") {
      bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.configure { $0.groupLimit = 1 }
      let (dead, worker) = (try bench.register(), try bench.register())
      #expect(try bench.claim(dead, 9).names == ["a1"])
      _ = try bench.recover(dead) { _ in .orphaned }
      #expect(try bench.claim(worker, 9).isEmpty)
      #expect(try bench.group("a")?.running == 1)
      _ = try bench.recover(dead)
      #expect(try bench.claim(worker, 9).names == ["a1"])
    },
    ConformanceCase("the run of a removed item counts until it has ended") { bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.configure { $0.groupLimit = 1 }
      let worker = try bench.register()
      let claim = try bench.claim(worker, 9)[0]
      #expect(try bench.move("a1", by: .remove(force: true)) == [.moved])
      #expect(try bench.group("a")?.running == 1 && bench.claim(worker, 9).isEmpty)
      let after = try bench.turn(worker, [(claim.token, .released)], wanted: 9)
      #expect(after.claims.names == ["a2"])
    },
    ConformanceCase("a raised limit lets a group go on at once, a lowered one holds") {
      bench throws in
      try bench.put("a1", "a2", "a3", "a4", group: "a")
      try bench.configure { $0.groupLimit = 1 }
      let worker = try bench.register()
      let first = try bench.claim(worker, 9)
      try bench.configure { $0.groupLimit = 3 }
      #expect(try bench.claim(worker, 9).names == ["a2", "a3"])
      try bench.configure { $0.groupLimit = 2 }
      #expect(try bench.turn(worker, [(first[0].token, .succeeded)], wanted: 9).claims.isEmpty)
      try bench.configure { $0.groupLimit = nil }
      #expect(try bench.claim(worker, 9).names == ["a4"])
    },
    ConformanceCase("each group goes at its rate, and the others meanwhile") { bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.put("b1", "b2", group: "b")
      try bench.put("n1", "n2", group: nil)
      try bench.configure { $0.groupRate = Rate(count: 1, per: .seconds(1)) }
      try bench.configure(group: "b") { $0.rate = Rate(count: 1, per: .seconds(10)) }
      let worker = try bench.register()
      let begin = bench.now
      #expect(try bench.claim(worker, 9).names == ["a1", "b1", "n1", "n2"])
      #expect(try bench.turn(worker).summary?.turns?.next == begin + .seconds(1))
      bench.now = begin + .milliseconds(999)
      #expect(try bench.claim(worker, 9).isEmpty)
      bench.now = begin + .seconds(1)
      #expect(try bench.claim(worker, 9).names == ["a2"])
      bench.now = begin + .seconds(10)
      #expect(try bench.claim(worker, 9).names == ["b2"])
    },
    ConformanceCase("a group's rate counts from when a run began, if that was later") {
      bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.configure { $0.groupRate = Rate(count: 1, per: .seconds(1)) }
      let worker = try bench.register()
      let claim = try bench.claim(worker, 1)[0]
      let start = bench.now + .milliseconds(300)
      bench.now = bench.now + .milliseconds(400)
      var turn = Turn(queue: bench.queue, worker: worker)
      let run = RunSummary(exit: .exited(0), startedAt: start, endedAt: bench.now, message: [])
      turn.settlements = [
        Settlement(
          token: claim.token, outcome: .succeeded, run: run, policy: bench.policy, jitter: 0)
      ]
      let next = try bench.store.turn(turn).summary?.turns?.next
      #expect(next == start + .seconds(1))
      bench.now = start + .milliseconds(999)
      #expect(try bench.claim(worker, 9).isEmpty)
      bench.now = start + .seconds(1)
      #expect(try bench.claim(worker, 9).names == ["a2"])
    },
    ConformanceCase("what was not started does not count for a group's rate") { bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.configure { $0.groupRate = Rate(count: 1, per: .seconds(60)) }
      let worker = try bench.register()
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.turn(worker, [(token, .released)], wanted: 9).claims.names == ["a1"])
    },
    ConformanceCase("a rest holds its group alone; without a group, the queue") { bench throws in
      try bench.put("a1", "a2", group: "a")
      try bench.put("b1", "b2", "b3", group: "b")
      try bench.put("n1", group: nil)
      let worker = try bench.register()
      let claims = try bench.claim(worker, 3)
      #expect(claims.names == ["a1", "b1", "n1"])
      let until = bench.now + .seconds(90)
      let result = try bench.rest(worker, claims[0].token, until: until)
      #expect(result.claims.names == ["b2", "b3"] && result.summary?.turns?.next == until)
      #expect(try bench.group("a")?.restUntil == until)
      // A shorter one does not end it.
      bench.now = bench.now + .seconds(1)
      #expect(
        try bench.rest(worker, claims[2].token, until: bench.now + .seconds(5)).claims.isEmpty)
      let settings = try bench.store.summary(of: bench.queue)?.settings
      #expect(settings?.pause == .until(bench.now + .seconds(5)))
      bench.now = until
      #expect(try bench.claim(worker, 9).names == ["a2"])
    },
    ConformanceCase("an item keeps its group for life, whatever happens to it") { bench throws in
      try bench.put("a1", "a2", group: "a")
      let worker = try bench.register()
      bench.policy.maximumAttempts = 1
      let claims = try bench.claim(worker, 2)
      _ = try bench.turn(
        worker, [(claims[0].token, .failed(final: true)), (claims[1].token, .deferred(for: nil))])
      #expect(try bench.move("a1", by: .retry) == [.moved])
      for id in ["a1", "a2"] {
        let item = try #require(try bench.store.item(ItemID(id)!, in: bench.queue))
        #expect(item.group == GroupName("a") && item.state.tally.group == 1)
      }
      let counts = try #require(try bench.group("a")?.counts)
      #expect(counts.pending == 1 && counts.delayed == 1 && counts.total == 2)
    },
    ConformanceCase("items from before a queue had groups are among those without one") {
      bench throws in
      try bench.put("o1", "o2", "o3")
      try bench.put("u1", priority: 7)
      let worker = try bench.register()
      let old = try bench.claim(worker, 2)
      #expect(old.names == ["u1", "o1"])
      try bench.put("a1", "a2", group: "a")
      try bench.put("n1", group: nil)
      let result = try bench.turn(worker, [(old[0].token, .released)], wanted: 9)
      #expect(result.claims.names == ["u1", "a1", "o2", "a2", "o3", "n1"])
    },
    ConformanceCase("a group without items is forgotten, one that is set to something is not") {
      bench throws in
      try bench.put("a1", group: "a")
      try bench.put("b1", group: "b")
      try bench.configure(group: "b") { $0.limit = 7 }
      #expect(try bench.move("a1", "b1", by: .remove(force: false)) == [.moved, .moved])
      #expect(try bench.group("a") == nil && bench.group("b")?.settings.limit == 7)
      try bench.configure(group: "b") { $0.limit = nil }
      #expect(try bench.group("b") == nil)
      try bench.put("a1", group: "a")
      #expect(try bench.group("a")?.number == 3)
      #expect(
        try bench.store.groups(of: bench.queue, after: nil, limit: 9).map(\.number) == [0, 3])
    },
    ConformanceCase("a queue goes with its groups, and comes without") { bench throws in
      try bench.put("a1", group: "a")
      try bench.configure(group: "set") { $0.limit = 7 }
      #expect(try bench.move("a1", by: .remove(force: false)) == [.moved])
      #expect(try bench.store.removeQueue(bench.queue))
      try bench.put("a1")
      #expect(try bench.group("set") == nil && bench.group("a") == nil)
      #expect(try bench.store.summary(of: bench.queue)?.turns == nil)
      #expect(try bench.store.audit().findings == [])
    },
    ConformanceCase("ten thousand items of one group at its limit hold nobody up") { bench throws in
      var batch = ItemBatch()
      for number in 0..<10_000 {
        batch.append(id: Array("a\(number)".utf8), payload: nil, group: GroupName("a"))
      }
      _ = try bench.store.enqueue(batch, to: bench.queue, priority: 0, until: nil)
      try bench.put("b1", "b2", group: "b", priority: 255)
      try bench.configure(group: "a") { $0.limit = 1 }
      let worker = try bench.register()
      #expect(try bench.claim(worker, 9).names == ["a0", "b1", "b2"])
    },
  ]
}
