import QueueCore
import Testing

extension ConformanceCase {
  static let recovering = [
    ConformanceCase("the living keep what they hold") { bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.recover(WorkerID(99)) == Recovery())
      #expect(try bench.store.claims(of: worker) == [token])
      #expect(try bench.store.workers().map(\.id) == [worker])
    },
    ConformanceCase("a dead worker's ended runs are pending again and it is forgotten") {
      bench throws in
      let (dead, other) = (try bench.register(), try bench.register())
      try bench.put("a", "b", "c")
      let claims = try bench.claim(dead, 2)
      _ = try bench.claim(other, 1)
      let started = claims[0].token
      let recovery = try bench.recover(dead) { .ended($0 == started ? .charged : .unbegun) }
      #expect((recovery.recovered, recovery.ending, recovery.orphaned) == (2, 0, 0))
      let lost = Tally(attempts: 0, crashes: 0, timeouts: 0, deferrals: 0, losses: 1)
      #expect(try bench.state("a") == .pending(lost))
      #expect(try bench.state("b") == .pending(Tally()))
      #expect(try bench.ids(.processing) == ["c"])
      #expect(try bench.store.workers().map(\.id) == [other])
      #expect(throws: StoreError.self) { try bench.turn(dead) }
    },
    ConformanceCase("a run that is ending keeps its claim and its worker's name") { bench throws in
      let dead = try bench.register()
      try bench.put("a", "b")
      let claims = try bench.claim(dead, 2)
      let slow = claims[1].token
      let first = try bench.recover(dead) { $0 == slow ? .ending : .ended(.charged) }
      #expect((first.recovered, first.ending, first.orphaned) == (1, 1, 0))
      #expect(try bench.store.claims(of: dead) == [slow])
      #expect(try bench.store.workers().map(\.id) == [dead])
      #expect(try bench.counts().orphaned == 0)
      let second = try bench.recover(dead)
      #expect((second.recovered, second.ending, second.orphaned) == (1, 0, 0))
      #expect(try bench.store.workers().isEmpty)
    },
    ConformanceCase("an orphaned run blocks its item, counted once, until it has ended") {
      bench throws in
      let dead = try bench.register()
      try bench.put("a")
      let token = try bench.claim(dead, 1)[0].token
      for _ in 0..<2 {
        let recovery = try bench.recover(dead) { _ in .orphaned }
        #expect((recovery.recovered, recovery.ending, recovery.orphaned) == (0, 0, 1))
        let counts = try bench.counts()
        #expect(counts.orphaned == 1 && counts.processing == 1)
      }
      #expect(try bench.store.claims(of: dead) == [token])
      #expect(try bench.recover(dead).recovered == 1)
      let counts = try bench.counts()
      #expect(counts.orphaned == 0 && counts.processing == 0 && counts.pending == 1)
    },
    ConformanceCase("what was looked at before it changed is not taken") { bench throws in
      let (dead, other) = (try bench.register(), try bench.register())
      try bench.put("a", "b", "c")
      let tokens = try bench.claim(dead, 3).map(\.token)
      let worker = try #require(try bench.store.workers().first { $0.id == dead })
      let seen = tokens.map { SeenRun(token: $0, is: .ended(.charged)) }
      func release(_ isDead: Bool) throws -> Recovery {
        try bench.store.release(worker, seen, for: bench.queue, given: QueueSettings()) { isDead }
      }
      #expect(try release(false) == Recovery() && bench.store.claims(of: dead) == tokens)
      // One was settled meanwhile, one given back and claimed by another, one removed by force.
      _ = try bench.turn(dead, [(tokens[0], .succeeded), (tokens[1], .released)])
      let taken = try bench.claim(other, 1)[0].token
      _ = try bench.move("c", by: .remove(force: true))
      #expect(try release(true) == Recovery())
      #expect(try bench.ids(.done) == ["a"] && bench.store.claims(of: other) == [taken])
      #expect(try bench.store.workers().map(\.id) == [other])
      #expect(try release(true) == Recovery())
    },
    ConformanceCase("a worker stays known while a claim of its was not looked at") { bench throws in
      let dead = try bench.register()
      try bench.put("a", "b")
      let tokens = try bench.claim(dead, 2).map(\.token)
      let worker = try #require(try bench.store.workers().first)
      let seen = [SeenRun(token: tokens[0], is: .ended(.unbegun))]
      let recovery = try bench.store.release(
        worker, seen, for: bench.queue, given: QueueSettings()
      ) { true }
      #expect(recovery.recovered == 1)
      #expect(try bench.store.claims(of: dead) == [tokens[1]])
      #expect(try bench.store.workers().map(\.id) == [dead])
    },
    ConformanceCase("an item that kills its workers ends as poison") { bench throws in
      var given = QueueSettings()
      given.maximumLosses = 2
      try bench.put("a")
      for _ in 0..<2 {
        let dead = try bench.register(given: given)
        _ = try bench.claim(dead, 1)
        #expect(try bench.recover(dead).recovered == 1)
      }
      let state = try bench.state("a")
      guard case .failed(let ending)? = state else {
        Issue.record("the item is \(String(describing: state))")
        return
      }
      #expect(ending.reason == .poison && ending.tally.losses == 2)
      #expect(ending.run.exit == nil && ending.run.endedAt == bench.now)
    },
    ConformanceCase("a dead worker's claims end by what it was told, whoever takes them back") {
      bench throws in
      let other = QueueName(unchecked: "other")
      var given = QueueSettings()
      given.maximumLosses = 1
      try bench.put("a", "b", to: other)
      try bench.configure(other) { $0.maximumLosses = 9 }
      let dead = try bench.register(given: given)
      let claims = try bench.claim(dead, 2, from: other)
      _ = try bench.recover(dead) { .ended($0 == claims[0].token ? .charged : .unbegun) }
      #expect(try bench.ids(.failed, of: other) == ["a"] && bench.ids(.pending, of: other) == ["b"])
      #expect(try bench.store.workers().isEmpty)
    },
    ConformanceCase("who takes back a claim of its own queue says what nobody told the dead worker")
    {
      bench throws in
      let other = QueueName(unchecked: "other")
      var given = QueueSettings()
      given.maximumLosses = 1
      try bench.put("a")
      try bench.put("b", to: other)
      let dead = try bench.register()
      _ = try bench.claim(dead, 1)
      _ = try bench.claim(dead, 1, from: other)
      #expect(try bench.recover(dead, given: given).poisoned == 1)
      #expect(try bench.ids(.failed) == ["a"] && bench.ids(.pending, of: other) == ["b"])
    },
    ConformanceCase("what a worker was told is kept with it, all of it") { bench throws in
      var given = QueueSettings()
      (given.maximumAttempts, given.maximumLosses, given.workers) = (1, 0, 4_096)
      (given.backoff, given.timeout) = (.milliseconds(1) ... .seconds(86_400), .seconds(9))
      given.rate = Rate(count: 3, per: .seconds(60))
      let told = try bench.register(given: given)
      let other = try bench.register()
      #expect(try bench.store.workers().map(\.id) == [told, other])
      #expect(try bench.store.workers().map(\.given) == [given, QueueSettings()])
      #expect(try bench.store.workers().map(\.process) == [Bench.process, Bench.process])
    },
    ConformanceCase("items end by what their own queue is set to") {
      bench throws in
      let other = QueueName(unchecked: "other")
      try bench.configure { $0.maximumLosses = 1 }
      try bench.put("a")
      try bench.put("b", "c", to: other)
      let dead = try bench.register()
      _ = try bench.claim(dead, 1)
      _ = try bench.claim(dead, 2, from: other)
      #expect(try bench.recover(dead).poisoned == 1)
      #expect(try bench.ids(.failed) == ["a"] && bench.ids(.pending, of: other) == ["b", "c"])
      try bench.configure(other) { $0.maximumLosses = 2 }
      let next = try bench.register()
      _ = try bench.claim(next, 2, from: other)
      #expect(try bench.recover(next).poisoned == 0)
      #expect(try bench.ids(.failed, of: other) == ["b", "c"])
    },
    ConformanceCase("a dead worker without claims is forgotten") { bench throws in
      let dead = try bench.register()
      #expect(try bench.recover(dead) == Recovery())
      #expect(try bench.store.workers().isEmpty)
    },
  ]

  static let registering = [
    ConformanceCase("workers are registered in order, as what they are") { bench throws in
      let first = try bench.store.register(Bench.process, given: QueueSettings()) {
        (id) throws(StoreError) in
        if id != WorkerID(1) { throw StoreError(.limit, "the first worker is \(id.number)") }
      }
      bench.now = bench.now + .seconds(1)
      _ = try bench.register()
      let workers = try bench.store.workers()
      #expect(workers.map(\.id.number) == [1, 2] && workers[0] == first)
      #expect(workers[0].process == Bench.process)
      #expect(workers[1].registeredAt == bench.now)
    },
    ConformanceCase("a worker that gets no lock is not registered") { bench throws in
      let error = #expect(throws: StoreError.self) {
        _ = try bench.store.register(Bench.process, given: QueueSettings()) {
          (_) throws(StoreError) in
          throw StoreError(.busy, "taken")
        }
      }
      #expect(error == StoreError(.busy, "taken"))
      #expect(try bench.store.workers().isEmpty)
    },
    ConformanceCase("a worker that holds a claim stays registered, another is forgotten") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      try bench.store.unregister(worker)
      #expect(try bench.store.workers().map(\.id) == [worker])
      _ = try bench.settle(worker, token, .succeeded)
      try bench.store.unregister(worker)
      #expect(try bench.store.workers().isEmpty)
      try bench.store.unregister(worker)
    },
    ConformanceCase("a worker's name is not given twice") { bench throws in
      let first = try bench.register()
      try bench.store.unregister(first)
      #expect(try bench.register() > first)
    },
    ConformanceCase("watching makes the queue, and the revision moves with a change") {
      bench throws in
      let before = bench.store.revision
      let watch = try bench.store.watch(bench.queue)
      watch.drain()
      #expect(try bench.store.summary(of: bench.queue)?.counts == Counts())
      let between = bench.store.revision
      try bench.put("a")
      #expect(bench.store.revision > between && between >= before)
    },
  ]
}
