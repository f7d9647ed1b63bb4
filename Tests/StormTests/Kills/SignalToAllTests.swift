import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// A signal that reaches q-work and its handlers alike, as from a service manager, a container that
  /// is stopped, or `kill 0`: it says nothing of the items.
  @Suite struct SignalToAllTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    enum Order: String, CaseIterable {
      case together, handlersFirst, workerFirst
    }

    private func begin(_ options: [String], stubborn: Bool = false) -> CommandProcess {
      let before = fixture.runs().count(.start)
      let worker = fixture.work(
        ["--workers", "2", "--max-attempts", "1"] + options,
        handler: [StoreFixture.handler("gate.sh")],
        environment: stubborn ? ["STUBBORN": "1"] : [:])
      #expect(
        becomesTrue(within: 20) { fixture.runs().count(.start) == before + 2 }, "\(fixture.said)")
      return worker
    }

    private func signalHandlers(_ signal: Int32) {
      for handler in RunningHandlers.of(fixture.ledger) { kill(handler.pid, signal) }
    }

    private func expectUncharged() throws {
      let pending = try fixture.items(.pending)
      #expect(pending.count == 2 && pending.allSatisfy { $0.state.tally == Tally() }, "\(pending)")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP], Order.allCases)
    func `items of handlers that it ends go back uncharged`(signal: Int32, order: Order) throws {
      try fixture.enqueue(["a", "b"])
      let worker = begin([])
      switch order {
      case .together, .handlersFirst:
        signalHandlers(signal)
        if order == .handlersFirst { usleep(100_000) }
        worker.send(signal)
      case .workerFirst:
        worker.send(signal)
        #expect(becomesTrue(within: 10) { fixture.said.contains("waiting for 2 handlers") })
        usleep(300_000)
        signalHandlers(signal)
      }
      #expect(worker.wait() == .signalled(signal), "\(fixture.said)")
      try expectUncharged()
      #expect(fixture.workers == 0 && fixture.findings() == "")
    }

    @Test func `handlers that say so by their exit status go back as well`() throws {
      try fixture.enqueue(["a", "b"])
      let worker = fixture.work(
        ["--workers", "2", "--max-attempts", "1"],
        handler: [
          "/bin/sh", "-c",
          "trap 'exit 143' TERM; echo >> \"$LEDGER/on\"; while :; do sleep 0.02; done",
        ])
      #expect(becomesTrue(within: 20) { fixture.text(of: fixture.ledger + "/on") == "\n\n" })
      signalHandlers(SIGTERM)
      worker.send(SIGTERM)
      #expect(worker.wait() == .signalled(SIGTERM), "\(fixture.said)")
      try expectUncharged()
    }

    @Test func `a KILL that follows is no loss of the items, however often`() throws {
      try fixture.enqueue(["a", "b"])
      for _ in 1...3 {
        let worker = begin(["--max-losses", "1"], stubborn: true)
        signalHandlers(SIGTERM)
        worker.send(SIGTERM)
        #expect(becomesTrue(within: 10) { fixture.said.contains("waiting for 2 handlers") })
        signalHandlers(SIGKILL)
        worker.send(SIGKILL)
        #expect(worker.wait() == .signalled(SIGKILL))
        try? FileManager.default.removeItem(atPath: fixture.errors)
      }
      fixture.letGo()
      let last = fixture.work(handler: [StoreFixture.handler("gate.sh")])
      #expect(last.wait() == .exited(0), "\(fixture.said)")
      #expect(try fixture.items(.done).allSatisfy { $0.state.tally.losses == 0 })
      #expect(fixture.runs().violations == [] && fixture.workers == 0)
    }

    @Test func `without it, a handler that a TERM ends has crashed, and a KILL is a loss`() throws {
      try fixture.enqueue(["a", "b"])
      let worker = begin([])
      signalHandlers(SIGTERM)
      #expect(worker.wait() == .exited(1), "\(fixture.said)")
      #expect(try fixture.items(.failed).allSatisfy { $0.state.tally.crashes == 1 })
      #expect(try fixture.stats()["failed"] == 2)
      try fixture.retryAll()
      let killed = begin([], stubborn: true)
      killed.send(SIGKILL)
      _ = killed.wait()
      fixture.letGo()
      let last = fixture.work(handler: [StoreFixture.handler("gate.sh")])
      #expect(last.wait() == .exited(0), "\(fixture.said)")
      #expect(try fixture.items(.done).allSatisfy { $0.state.tally.losses == 1 })
    }
  }
}
