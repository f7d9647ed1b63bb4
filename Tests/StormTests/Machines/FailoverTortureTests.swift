import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// What is promised with a synchronous standby, and what is not of a machine that stands still.
  @Suite(.enabled(if: TestNetwork.isPossible && PostgresServer.isThere))
  struct MachineFailoverTortureTests {
    /// How the primary goes.
    enum Loss: String, CaseIterable {
      /// Whoever connects is refused.
      case killed
      /// Whoever connects hears nothing.
      case cutOff
    }

    @Test(arguments: Loss.allCases)
    func `a standby takes the place of its primary, and nothing is lost or runs twice`(loss: Loss)
      throws
    {
      for pause in [1, 0.2, 5].prefix(Storms.rounds(1, torture: 3)) {
        let room = try MachineRoom([.plain, .ownProcesses, .plain], hasStandby: true)
        let ledger = try room.begin("failover", items: 60) { _ in 3_000 }
        usleep(1_500_000)
        if loss == .killed { room.server.powerOff() } else { try room.server.place.set(.cut) }
        usleep(UInt32(pause * 1_000_000))
        try room.promote()
        let began = ContinuousClock.now
        #expect(
          becomesTrue(within: 150) {
            if let done = room.ids("done") { ledger.note(done: done) }
            return room.machines.allSatisfy(\.isDone)
          }, "\(room.machines.map(\.said))")
        ledger.read()
        print(
          "machines: failover, \(loss), after \(pause) s: q-work ended with "
            + "\(room.machines.map { $0.exits.joined(separator: " ") }), drained after "
            + "\(ContinuousClock.now - began), \(ledger.runs.count(.start)) runs")
        #expect(ledger.violations == [])
        #expect(room.ids("done")?.count == 60)
        #expect(try room.says("q-check").status == 0)
      }
    }

    /// Not promised: that its handlers end before others begin. It goes without its own measures here, as if it had
    /// no time for them when it wakes: what its runs came to is refused all the same.
    @Test func `a machine that stood still for longer than its lease settles nothing`() throws {
      let room = try MachineRoom([.plain, .ownProcesses])
      let first = room.machines[0]
      first.environment["Q_WITHOUT"] = "lost"
      let ledger = try room.begin("frozen", items: 12) { $0 == 0 ? 8_000 : 500 }
      for pid in first.processes(.guardian) { kill(pid, SIGSTOP) }
      for pid in first.processes(.worker) { kill(pid, SIGSTOP) }
      let handlers = first.processes(.handler)
      for pid in handlers { kill(pid, SIGSTOP) }
      let held = ids(of: handlers)
      try #require(!held.isEmpty)
      // Those who take them see by a lock that the first runs live, and give up: another try is another run.
      let isMet = becomesTrue(within: 60) {
        ledger.read()
        let met = ledger.runs.events.filter { $0.kind == .overlap }.map(\.id)
        return held.isSubset(of: met)
      }
      #expect(isMet, "\(room.machines.map(\.said))")
      for pid in handlers { kill(pid, SIGCONT) }
      #expect(becomesTrue(within: 60) { room.machines[1].isDone }, "\(room.machines[1].said)")
      #expect(room.ids("done")?.count == 12)
      for pid in first.processes(.worker) { kill(pid, SIGCONT) }
      #expect(
        becomesTrue(within: 30) { first.said.contains("it was taken for dead") }, "\(first.said)")
      for pid in first.processes(.guardian) { kill(pid, SIGCONT) }
      #expect(becomesTrue(within: 30) { first.isDone }, "\(first.said)")
      #expect(room.ids("done")?.count == 12)
      #expect(try room.says("q-check").status == 0)
    }

    private func ids(of handlers: [pid_t]) -> Set<String> {
      Set(
        handlers.compactMap { pid in
          let words = FileManager.default.contents(atPath: "/proc/\(pid)/environ")?.split(
            separator: 0)
          return words?.map { String(decoding: $0, as: UTF8.self) }
            .first { $0.hasPrefix("Q_ID=") }.map { String($0.dropFirst(5)) }
        })
    }
  }
}
