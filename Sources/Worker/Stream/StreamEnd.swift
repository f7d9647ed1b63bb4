import Glibc
import QueueCore
import System

/// What becomes of the items of a process that streams when it has exited: answers that were written
/// count; of what is left the oldest is charged, the others go back.
struct StreamEnd {
  private let run: StreamRun
  private let name: RunName
  private let shared: SlotSharing

  init(_ run: StreamRun, _ name: RunName) {
    (self.run, self.name, shared) = (run, name, run.shared)
  }

  func report() {
    let isClean = endRemains()
    run.drain()
    let exit = run.process.reap(shared.live)
    let isEvicted = shared.live.takeEvicted(name.number)
    // Those that were not sent are nobody's fault, unless nothing was.
    let unsent = run.requests.takeUnsent()
    let due = run.requests.takeAll()
    if due.isEmpty, let garbled = run.garbled {
      shared.gate.say("q-work: \(garbled.message): the handler's process was killed")
    }
    guard isClean else { return report(due + unsent, .remains) }
    if let broken = run.broken { return report(due + unsent, .broken(broken)) }
    let isSilent = !run.hasAnswered && run.garbled == nil && run.overdue == nil
    let claims = due.isEmpty && isSilent ? unsent : due
    if !due.isEmpty { run.giveBack(unsent) }
    if due.isEmpty && !isSilent { run.giveBack(unsent) }
    guard !claims.isEmpty else { return }
    if let overdue = run.overdue, claims[0].token != overdue { return run.giveBack(claims) }
    let isTooSilent = isSilent && !isEvicted && !shared.stop.isRaised && shared.streams.noteSilent()
    report(claims, isTooSilent ? .silent(exit) : .unanswered(exit, fault), exit, isEvicted)
  }

  private var fault: Finished.Fault {
    if run.garbled != nil { return .garbled }
    return run.overdue == nil ? .crashed : .timedOut
  }

  /// Ends what a killed process had started; false when something is left.
  private func endRemains() -> Bool {
    guard run.process.wasKilled || run.overdue != nil else { return true }
    let remains = RunRemains(
      live: shared.live, group: run.process.pid, token: name.number, tokenText: name.text)
    return remains.end(stop: shared.stop) { [gate = shared.gate] in
      gate.say(
        "q-work: something that a handler had started cannot be ended: its items wait for that")
    }
  }

  private func report(
    _ claims: [Claim], _ end: Finished.End, _ exit: RunExit? = nil, _ isEvicted: Bool = false
  ) {
    guard !claims.isEmpty else { return }
    var finished = run.finished(claims, end)
    finished.isEvicted = isEvicted
    finished.message = message(exit)
    shared.report(finished)
  }

  private func message(_ exit: RunExit?) -> [UInt8] {
    if let garbled = run.garbled { return Array(garbled.message.utf8) }
    let words = Finished.lastLines(run.lastWords)
    if words.isEmpty, exit == .exited(0) {
      return Array("the handler ended without an answer".utf8)
    }
    return words
  }
}
