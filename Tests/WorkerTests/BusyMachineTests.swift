import Glibc
import QueueCore
import System
import Testing

@testable import Worker

/// What starts nothing on a machine that is busy, and what becomes of a run that makes room.
@Suite struct BusyMachineTests {
  @Test func `nothing is started below the memory, and the youngest ends below half of it`() {
    let limits = StartLimits(memory: 1_000, load: 2)
    func judge(_ free: UInt64?, _ load: Double?) -> StartLimits.Verdict {
      limits.judge(MachineState(freeMemory: free, load: load))
    }
    #expect(judge(1_000, 2) == .start && judge(nil, nil) == .start)
    if case .hold = judge(999, 0) {} else { Issue.record("999 of 1,000") }
    if case .hold = judge(500, 0) {} else { Issue.record("500 of 1,000") }
    if case .end = judge(499, 0) {} else { Issue.record("499 of 1,000") }
    if case .hold = judge(1_000, 2.1) {} else { Issue.record("2.1 of 2") }
  }

  @Test func `a gate says what has changed, and ends one handler at a time`() {
    var gate = StartGate(StartLimits(memory: 1_000))
    let (low, fine) = (
      MachineState(freeMemory: 1, load: 0), MachineState(freeMemory: 1_000, load: 0)
    )
    let first = gate.look(low, now: 10)
    #expect(gate.isShut && first.endsOne && first.words?.contains("--memfree") == true)
    let second = gate.look(low, now: 10 + StartGate.interval)
    #expect(!second.endsOne && second.words == nil)
    #expect(gate.look(low, now: 10 + StartGate.patience).endsOne)
    #expect(gate.look(fine, now: 20 + StartGate.patience).words != nil && !gate.isShut)
  }

  @Test func `the youngest run is ended, and known once`() {
    let live = LiveRuns()
    #expect(!live.endYoungest() && !live.takeEvicted(1))
    // Groups that there are none of.
    let groups: [pid_t] = [1 << 30, 1 << 30 + 2, 1 << 30 + 1]
    for (group, run) in zip(groups, [7, 8, 9] as [UInt64]) {
      live.insert(group, run: run, tokens: [run])
    }
    #expect(live.endYoungest() && live.endYoungest())
    live.remove(groups[2])
    #expect(live.endYoungest())
    #expect(!live.takeEvicted(7))
    for run in [8, 9] as [UInt64] {
      #expect(live.takeEvicted(run))
      #expect(!live.takeEvicted(run))
    }
  }

  // MARK: What becomes of a run that was ended so

  private func evicted(_ end: Finished.End, claims: Int = 1) -> Finished {
    let claims = (1...claims).map { Claim.numbered(UInt64($0)) }
    var finished = Finished(claims, ordinal: 1, RetryPolicy(), end)
    finished.isEvicted = true
    return finished
  }

  private func verdict(_ finished: Finished) -> String {
    let plan = WorkPlan(
      queue: QueueName("q")!, store: "/store", defaultSlots: 1,
      program: Program(path: [], arguments: [], environment: []), template: HandlerTemplate([]))
    switch Verdict(finished, 0, plan, Shutdown(halt: nil), isRevoked: false, hasRevoked: false) {
    case .settle(_, let outcome): return "\(outcome)"
    case .release(nil): return "goes back"
    case .release, .leave: return "?"
    }
  }

  @Test func `what was ended for want of memory goes back uncharged, unless it had succeeded`() {
    for exit: RunExit in [.exited(143), .exited(1), .exited(100), .signalled(15), .signalled(9)] {
      #expect(verdict(evicted(.ended(exit, timedOut: false))) == "goes back", "\(exit)")
      #expect(!evicted(.ended(exit, timedOut: false)).isLast(ExitTable()), "\(exit)")
      #expect(!evicted(.ended(exit, timedOut: false), claims: 2).isLast(ExitTable()))
    }
    #expect(verdict(evicted(.ended(.exited(0), timedOut: false))) == "succeeded")
    #expect(evicted(.ended(.exited(0), timedOut: false)).isLast(ExitTable()))
    #expect(verdict(evicted(.unanswered(.signalled(15), .crashed))) == "goes back")
    #expect(verdict(evicted(.silent(.signalled(15)))) == "goes back")
  }
}
