import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// How long it takes until others begin with what a machine had: printed, and bounded by what is promised.
  @Suite(.enabled(if: TestNetwork.isPossible && PostgresServer.isThere))
  struct MachineMeasuresTortureTests {
    private static let rounds = Storms.rounds(2, torture: 5)

    @Test func `what a killed worker had begins elsewhere at once`() throws {
      try measure("kill -9 of a worker") { room, machine in
        machine.signal([.worker], SIGKILL)
        return {}
      }
    }

    @Test func `what a machine without power had begins elsewhere after the lease`() throws {
      try measure("power off") { room, machine in
        machine.powerOff()
        return {}
      }
    }

    @Test func `what a machine that is cut off had begins elsewhere after its handlers have ended`()
      throws
    {
      try measure("cable cut") { room, machine in
        try machine.place.set(.cut)
        return { try? machine.place.set(.whole) }
      }
    }

    @Test func `work goes on after a restart of the server`() throws {
      let room = try MachineRoom([.plain, .plain])
      for signal in [SIGINT, SIGQUIT] {
        for _ in 0..<Self.rounds {
          let ledger = try room.begin("restart", items: 400) { _ in 200 }
          room.server.stop(by: signal)
          try room.server.start()
          ledger.read()
          let (up, before) = (ContinuousClock.now, ledger.runs.count(.start))
          // Two machines with three places each: what was claimed ahead has begun by then.
          #expect(
            becomesTrue(within: 60) {
              ledger.read()
              return ledger.runs.count(.start) > before + 30
            })
          print(
            "machines: measured: restart by signal \(signal): 30 runs within \(ContinuousClock.now - up) of its answer"
          )
          for machine in room.machines { machine.powerOff() }
        }
      }
    }

    /// `happen` gives back what mends it.
    private func measure(
      _ what: String, _ happen: (MachineRoom, TestMachine) throws -> () -> Void
    ) throws {
      let room = try MachineRoom([.plain, .plain])
      let first = room.machines[0]
      for _ in 0..<Self.rounds {
        let ledger = try room.begin("measure", items: 12) { $0 == 0 ? 30_000 : 300 }
        // The other one has nothing else left to do.
        guard becomesTrue(within: 30, { room.ids("pending")?.isEmpty ?? false }) else { continue }
        sleep(1)
        ledger.read()
        let held = Set(first.processes(.handler).compactMap(Self.id))
        let known = ledger.runs.events.count
        let began = Self.now
        let mend = try happen(room, first)
        var (dead, pending) = (Int?.none, Int?.none)
        let isTaken = becomesTrue(within: 60) {
          if dead == nil, first.processes(.handler).isEmpty { dead = Self.now }
          if pending == nil, !(room.ids("processing") ?? held).isSuperset(of: held) {
            pending = Self.now
          }
          ledger.read()
          return ledger.runs.events.dropFirst(known).contains {
            held.contains($0.id) && $0.kind == .start
          }
        }
        mend()
        #expect(isTaken)
        let start = ledger.runs.events.dropFirst(known).first {
          held.contains($0.id) && $0.kind == .start
        }
        let (end, elsewhere) = ((dead ?? began) - began, (start?.time ?? began) - began)
        print(
          "machines: measured: \(what): handlers dead after \(Self.shown(end)), items taken back seen after "
            + "\(Self.shown((pending ?? Self.now) - began)), the first begins elsewhere after \(Self.shown(elsewhere))"
        )
        #expect(ledger.violations == [])
        for machine in room.machines { machine.powerOff() }
      }
    }

    private static var now: Int {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func shown(_ nanoseconds: Int) -> String {
      "\(Double(nanoseconds / 1_000_000) / 1_000) s"
    }

    private static func id(_ pid: pid_t) -> String? {
      (FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()).split(separator: 0)
        .map { String(decoding: $0, as: UTF8.self) }.first { $0.hasPrefix("Q_ID=") }
        .map { String($0.dropFirst(5)) }
    }
  }
}
