import Foundation
import LMDBStore
import QueueCore
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
        let dead = try Self.register(in: store)
        #expect(try store.turn(Self.turn(of: dead, wanted: 20)).claims.count == 20)
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
      let dead = try Self.register(in: store)
      let claim = try #require(try store.turn(Self.turn(of: dead, wanted: 1)).claims.first)
      let other = fixture.work(handler: [StoreFixture.handler("gate.sh")])
      #expect(becomesTrue(within: 20) { fixture.runs().count(.start) == 1 }, "\(fixture.said)")

      var late = Self.turn(of: dead, wanted: 0)
      late.settlements = [Self.success(of: claim)]
      #expect(throws: StoreError.self) { try store.turn(late) }
      // Registered anew, the worker is heard; its old claim still does not count.
      late.worker = try Self.register(in: store)
      #expect(try store.turn(late).settled == [.stale])
      #expect(try store.summary(of: .default)?.counts.processing == 1)

      fixture.letGo()
      #expect(other.wait() == .exited(0), "\(fixture.said)")
      #expect(try store.turn(late).settled == [.stale])
      #expect(try store.summary(of: .default)?.counts.done == 1)
    }

    private static func register(in store: LMDBStore) throws -> WorkerID {
      let process = ProcessIdentity(
        pid: 1 << 22, startTicks: 1, bootID: "another", pidNamespace: try pidNamespace())
      return try store.register(process, now: now) { _ in }.id
    }

    private static func pidNamespace() throws -> UInt64 {
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
      return UInt64(link.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    }

    private static func turn(of worker: WorkerID, wanted: Int) -> Turn {
      var turn = Turn(queue: .default, worker: worker, policy: RetryPolicy(), now: now)
      turn.wanted = wanted
      return turn
    }

    private static func success(of claim: Claim) -> Settlement {
      let run = RunSummary(exit: .exited(0), startedAt: now, endedAt: now, message: [])
      return Settlement(token: claim.token, outcome: .succeeded, run: run, jitter: 0)
    }

    private static var now: Timestamp {
      Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
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
