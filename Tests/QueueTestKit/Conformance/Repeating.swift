import QueueCore
import Testing

extension ConformanceCase {
  static let repeating = [
    ConformanceCase("a known id with another payload stays, is requeued, or is refused") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", payload: [1])
      try bench.end([.succeeded], by: worker)
      #expect(try bench.put("a", [2], .ignore) == EnqueueResult(enqueued: 0, duplicates: 1))
      #expect(try bench.put("a", [1], .error) == EnqueueResult(enqueued: 0, duplicates: 1))
      let refused = try bench.put("a", [2], .error)
      #expect(refused.refused == [ItemID("a")!] && refused.duplicates == 0)
      #expect(try bench.state("a")?.status == .done)
      #expect(try bench.put("a", [1], .requeue).requeued == 0)
      let requeued = try bench.put("a", [2], .requeue)
      #expect(requeued.requeued == 1 && requeued.enqueued == 0 && requeued.duplicates == 0)
      #expect(try bench.state("a") == .pending(Tally()))
      let claim = try bench.claim(worker, 1)[0]
      #expect(claim.payload == [2] && claim.attempt == 1)
    },
    ConformanceCase("a payload comes, grows beyond the item, and goes") { bench throws in
      let large = [UInt8](repeating: 7, count: 5_000)
      try bench.put("a", payload: nil)
      for payload in [[], [1], large, [2], large + [1], nil] as [[UInt8]?] {
        #expect(try bench.put("a", payload, .requeue).requeued == 1)
        #expect(try bench.put("a", payload, .requeue).requeued == 0)
        #expect(try bench.store.payload(of: ItemID("a")!, in: bench.queue) == payload)
        #expect(try bench.store.audit().findings == [])
      }
    },
    ConformanceCase("what is at work is requeued when its claim ends, however it does") {
      bench throws in
      let worker = try bench.register()
      let outcomes: [Outcome] = [
        .succeeded, .failed(final: true), .failed(final: false), .crashed, .timedOut,
        .deferred(for: nil), .released, .lost(.charged), .lost(.unbegun),
      ]
      for outcome in outcomes {
        #expect(try bench.put("a", [0], .requeue).refused == [])
        let old = try bench.claim(worker, 1)[0]
        #expect(try bench.put("a", [1], .requeue).requeued == 1)
        #expect(try bench.put("a", [2], .requeue).requeued == 1)
        #expect(try bench.state("a")?.status == .processing)
        #expect(try bench.claim(worker, 1).isEmpty)
        #expect(try bench.settle(worker, old.token, outcome) == .moved(.pending(Tally())))
        let new = try bench.claim(worker, 1)[0]
        #expect(new.payload == [2] && new.attempt == 1)
        #expect(try bench.settle(worker, new.token, .succeeded) != .stale)
        #expect(try bench.state("a")?.status == .done)
      }
    },
    ConformanceCase("what a dead worker held, or a lease, is requeued as well") { bench throws in
      let dead = try bench.register()
      try bench.put("a", payload: [1])
      _ = try bench.claim(dead, 1)
      _ = try bench.put("a", [2], .requeue)
      _ = try bench.recover(dead)
      #expect(try bench.state("a") == .pending(Tally()))
      _ = try bench.lease(1, seconds: 5)
      _ = try bench.put("a", [3], .requeue)
      bench.now = bench.now + .seconds(6)
      _ = try bench.store.expire()
      #expect(try bench.state("a") == .pending(Tally()))
    },
    ConformanceCase("what waits for a retry is requeued at once, what waits for its moment waits") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a", "b")
      _ = try bench.put("c", [1], .ignore)
      let claims = try bench.claim(worker, 2)
      _ = try bench.turn(
        worker, [(claims[0].token, .failed(final: false)), (claims[1].token, .deferred(for: nil))])
      try bench.put("later", until: bench.now + .seconds(9))
      for id in ["a", "b", "c", "later"] {
        #expect(try bench.put(id, [5], .requeue).requeued == 1)
      }
      #expect(try bench.ids(.pending) == ["a", "b", "c"] && bench.ids(.delayed) == ["later"])
      #expect(try bench.store.audit().findings == [])
    },
    ConformanceCase("what is done, or failed, is done again when it is asked for") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c")
      try bench.end([.succeeded, .failed(final: true)], by: worker)
      #expect(try bench.put("a", nil, .ignore, again: [.failed]).duplicates == 1)
      #expect(try bench.put("a", nil, .ignore, again: [.done]).requeued == 1)
      #expect(try bench.put("b", nil, .ignore, again: [.done, .failed]).requeued == 1)
      #expect(try bench.put("c", nil, .ignore, again: [.done, .failed]).duplicates == 1)
      #expect(try bench.ids(.pending) == ["a", "b", "c"])
      #expect(try bench.counts().areConserved)
    },
    ConformanceCase("a pruned item comes anew with another payload, or when it is asked for") {
      bench throws in
      let worker = try bench.register()
      let long = String(repeating: "x", count: 700)
      for id in ["a", long] {
        #expect(try bench.put(id, [1], .ignore).enqueued == 1)
        try bench.end([.succeeded], by: worker)
        #expect(try bench.move(id, by: .prune(forgetsID: false)) == [.moved])
        #expect(try bench.put(id, [1], .requeue, again: [.failed]).duplicates == 1)
        #expect(try bench.put(id, [2], .error).refused == [ItemID(id)!])
        #expect(try bench.put(id, nil, .requeue).enqueued == 1)
        #expect(try bench.pruned() == 0)
        try bench.end([.succeeded], by: worker)
        #expect(try bench.move(id, by: .prune(forgetsID: false)) == [.moved])
        #expect(try bench.put(id, nil, .error, again: [.done]).enqueued == 1)
        try bench.end([.succeeded], by: worker)
        #expect(try bench.store.audit().findings == [])
      }
    },
    ConformanceCase("of an id that comes twice the last payload counts") { bench throws in
      var batch = ItemBatch()
      batch.known.changed = .requeue
      let all: [(String, [UInt8])] = [("a", [1]), ("b", [1]), ("a", [2]), ("a", [2]), ("a", [3])]
      for (id, payload) in all {
        batch.append(id: Array(id.utf8), payload: payload)
      }
      let result = try bench.store.enqueue(batch, to: bench.queue, priority: 1, until: nil)
      #expect((result.enqueued, result.requeued, result.duplicates) == (2, 2, 1))
      #expect(try bench.store.payload(of: ItemID("a")!, in: bench.queue) == [3])
    },
    ConformanceCase("a recipe is kept with each end; the others' are stale") { bench throws in
      let worker = try bench.register()
      try bench.put("a", "b", "c", "d")
      try bench.end([.succeeded], by: worker)
      try bench.end([.succeeded, .failed(final: true)], by: worker, recipe: "v1")
      try bench.end([.succeeded], by: worker, recipe: "v2")
      let recipes = try ["a", "b", "c", "d"].map {
        try bench.store.item(ItemID($0)!, in: bench.queue)?.recipe?.text
      }
      #expect(recipes == [nil, "v1", "v1", "v2"])
      var stale = ItemFilter()
      stale.notBy = Recipe("v2")
      let page = try bench.store.move(
        all: .done, of: bench.queue, by: .rerun, where: stale, after: nil)
      #expect(page.moved == 2)
      #expect(try bench.ids(.pending) == ["a", "b"])
      try bench.end([.succeeded, .succeeded], by: worker, recipe: "v2")
      #expect(
        try bench.store.move(all: .done, of: bench.queue, by: .rerun, where: stale, after: nil)
          .moved == 0)
      #expect(try bench.store.audit().findings == [])
    },
  ]
}
