import QueueCore
import Testing

/// An item that is removed while a worker has it is gone, its run is not: never two of one id.
extension ConformanceCase {
  static let revoking = [
    ConformanceCase("a removed item's id is held back until its worker has settled the run") {
      bench throws in
      let (worker, other) = (try bench.register(), try bench.register())
      try bench.put("a", "b", "c")
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.move("a", by: .remove(force: true)) == [.moved])
      #expect(try bench.counts().processing == 0 && bench.counts().removed == 1)
      try bench.put("a", priority: 0)
      #expect(try bench.store.revoked(of: worker) == [token])
      #expect(try bench.store.revoked(of: other).isEmpty)
      #expect(try bench.store.summary(of: bench.queue)?.revoked == 1)
      for _ in 0..<2 {
        let told = try bench.turn(worker)
        #expect(told.revoked == [token] && told.summary?.revoked == 1)
      }
      #expect(try bench.turn(other).revoked.isEmpty)
      #expect(try bench.claim(other, 2).names == ["b", "c"])
      #expect(try bench.claim(worker, 9).names == [] && bench.claim(other, 9).names == [])
      // That of another worker says nothing.
      #expect(try bench.settle(other, token, .succeeded) == .stale)
      #expect(try bench.claim(other, 1).names == [])
      let last = try bench.turn(worker, [(token, .succeeded)], wanted: 1)
      #expect(last.settled == [.stale] && last.revoked.isEmpty && last.summary?.revoked == 0)
      #expect(last.claims.names == ["a"] && last.claims[0].token != token)
    },
    ConformanceCase("a removed item's id is held back until a dead worker's run is over") {
      bench throws in
      let (dead, other) = (try bench.register(), try bench.register())
      try bench.put("a", "b")
      let tokens = try bench.claim(dead, 2).map(\.token)
      #expect(try bench.move("a", by: .remove(force: true)) == [.moved])
      try bench.put("a")
      var seen: [Token] = []
      for state in [RunObservation.ending, .orphaned] {
        let recovery = try bench.recover(dead) { token in
          seen.append(token)
          return token == tokens[0] ? state : .ended(.charged)
        }
        #expect(recovery.ending + recovery.orphaned == 1)
        #expect(try bench.claim(other, 9).names == (state == .ending ? ["b"] : []))
        #expect(try bench.store.workers().map(\.id) == [dead, other])
      }
      #expect(seen == [tokens[1], tokens[0], tokens[0]])
      #expect(try bench.counts().orphaned == 0)
      #expect(try bench.recover(dead) == Recovery())
      #expect(try bench.store.workers().map(\.id) == [other])
      #expect(try bench.claim(other, 9).names == ["a"])
    },
    ConformanceCase("only that id, in that queue, is held back, and others are claimed past it") {
      bench throws in
      let other = QueueName(unchecked: "other")
      let worker = try bench.register()
      let ids = ["a", "x", "b", "y", "c"]
      try bench.put(ids.map { ItemID($0)! })
      _ = try bench.claim(worker, 3)
      _ = try bench.move("a", "x", "b", by: .remove(force: true))
      try bench.put("a", "x", "b", priority: 1)
      try bench.put("a", to: other)
      #expect(try bench.claim(worker, 1).names == ["y"])
      #expect(try bench.claim(worker, 1).names == ["c"])
      #expect(try bench.claim(worker, 9, from: other).names == ["a"])
      #expect(try bench.turn(worker, from: other).revoked.isEmpty)
      #expect(try bench.turn(worker).revoked.count == 3)
    },
    ConformanceCase("long ids and payloads are held back as others are") { bench throws in
      let worker = try bench.register()
      let id = ItemID(String(repeating: "x", count: 60_000))!
      try bench.put([id])
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.store.move([id], in: bench.queue, by: .remove(force: true)) == [.moved])
      try bench.put([id])
      #expect(try bench.claim(worker, 1).isEmpty)
      #expect(try bench.turn(worker, [(token, .released)], wanted: 1).claims.map(\.id) == [id])
    },
    ConformanceCase("a queue stays, and a worker, while a removed item's run is not over") {
      bench throws in
      let worker = try bench.register()
      try bench.put("a")
      let token = try bench.claim(worker, 1)[0].token
      #expect(try bench.removeAll(.processing, nil).refused == 1)
      _ = try bench.store.move(
        all: .processing, of: bench.queue, by: .remove(force: true), after: nil)
      #expect(try bench.counts().total == 0)
      #expect(try !bench.store.removeQueue(bench.queue))
      try bench.store.unregister(worker)
      #expect(try bench.store.workers().map(\.id) == [worker])
      #expect(try bench.settle(worker, token, .crashed) == .stale)
      #expect(try bench.store.removeQueue(bench.queue))
      try bench.store.unregister(worker)
      #expect(try bench.store.workers().isEmpty)
    },
  ]
}
