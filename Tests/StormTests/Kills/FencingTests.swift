import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

extension Storms {
  /// Who is stopped is not dead; who was taken for dead is not heard any more.
  @Suite struct FencingTests {
    @Test func `a worker that was stopped goes on, and nothing ran twice`() throws {
      let fixture = try StoreFixture()
      let gate = [StoreFixture.handler("gate.sh")]
      try fixture.enqueue(["held"])
      let stopped = fixture.work(["--workers", "1"], handler: gate)
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 })
      stopped.send(SIGSTOP)
      // A third worker dies, so that the second has looked at all of them meanwhile.
      try fixture.enqueue(["lost"])
      let killed = fixture.work(
        ["--workers", "1"], handler: [StoreFixture.handler("shape.sh")],
        environment: ["SHAPE": "child"])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 2 }, "\(fixture.said)")
      killed.send(SIGKILL)
      let other = fixture.work(["--workers", "2"], handler: [StoreFixture.handler("shape.sh")])
      #expect(becomesTrue(within: 10) { fixture.runs().ended == ["lost"] }, "\(fixture.said)")
      fixture.letGo()
      #expect(becomesTrue(within: 20) { fixture.runs().ended == ["lost", "held"] })
      // Its handler has ended; it has not said so yet, and nobody else may say that it is dead.
      #expect(try fixture.stats()["processing"] == 1)
      stopped.send(SIGCONT)
      #expect(stopped.wait() == .exited(0), "\(fixture.said)")
      #expect(other.wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().violations == [])
      #expect(fixture.runs().count(.start) == 3 && fixture.runs().count(.end) == 2)
      #expect(try fixture.item("held").state.tally == Tally(succeededOnce: ()))
    }

    /// The store's library claims for workers that hold no lock: dead ones, to whoever looks.
    @Test func `claims that were never started come back uncharged`() throws {
      let fixture = try StoreFixture()
      let ids = (1...20).map { "n\($0)" }
      try fixture.enqueue(ids)
      do {
        let store = try LMDBStore(path: fixture.store)
        let dead = try LateAnswer.register(in: store)
        var turn = LateAnswer.turn(of: dead)
        turn.wanted = 20
        #expect(try store.turn(turn).claims.count == 20)
      }
      let handler = [CommandProcess.products + "/ledger-handler", fixture.ledger]
      #expect(fixture.work(handler: handler).wait() == .exited(0), "\(fixture.said)")
      #expect(fixture.runs().ended == Set(ids))
      let done = try fixture.items(.done)
      #expect(done.count == 20 && done.allSatisfy { $0.state.tally == Tally(succeededOnce: ()) })
    }

    @Test func `a stale answer is refused while another worker runs the item`() throws {
      let fixture = try StoreFixture()
      try fixture.enqueue(["x"])
      let store = try LMDBStore(path: fixture.store)
      let dead = try LateAnswer.register(in: store)
      var turn = LateAnswer.turn(of: dead)
      turn.wanted = 1
      let claim = try #require(try store.turn(turn).claims.first)
      let other = fixture.work(handler: [StoreFixture.handler("gate.sh")])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")

      var late = LateAnswer.turn(of: dead)
      late.settlements = [LateAnswer.success(of: claim)]
      #expect(throws: StoreError.self) { try store.turn(late) }
      // Registered anew, the worker is heard; its old claim still does not count.
      late.worker = try LateAnswer.register(in: store)
      #expect(try store.turn(late).settled == [.stale])
      #expect(try store.summary(of: .default)?.counts.processing == 1)

      fixture.letGo()
      #expect(other.wait() == .exited(0), "\(fixture.said)")
      #expect(try store.turn(late).settled == [.stale])
      #expect(try store.summary(of: .default)?.counts.done == 1)
    }
  }
}

extension Tally {
  /// One run, and it succeeded.
  fileprivate init(succeededOnce: Void) {
    self.init()
    attempts = 1
  }
}
