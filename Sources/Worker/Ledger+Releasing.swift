import Glibc
import QueueCore

extension Ledger {
  /// Takes no more; what is claimed and not started goes back.
  func end(because reason: WorkReport.End) {
    if ending == nil { ending = reason }
    giveBack()
  }

  /// Gives claims back that no slot has taken.
  func giveBack() {
    for assignment in sharing.ready.popAll() { giveBack(assignment) }
  }

  func giveBack(_ assignment: Assignment) {
    sharing.order?.skip(assignment.ordinal)
    release(assignment.claim)
  }

  /// Gives a claim back unharmed, with the next commit.
  func release(_ claim: Claim) {
    ended.append(
      Ended(settlement: Settlement(releasing: claim.token), duration: nil, id: claim.id))
  }
}

extension Ledger {
  /// Ends the run when too many items have failed for good.
  func haltIfNeeded() {
    guard ending == nil, let halt = plan.halt else { return }
    guard halt.isReached(judged) else { return }
    end(because: .halted("halted: \(judged.failed) of \(judged.ended) items failed"))
    guard halt.when == .now, sharing.live.count > 0 else { return }
    isKilling = true
    killAt = MonotonicTime.now() + plan.killAfter
    sharing.live.signalAll(SIGTERM, andLater: true)
  }
}

extension Settlement {
  /// Gives a claim back unharmed.
  init(releasing token: Token) {
    let now = Timestamp.now()
    self.init(
      token: token, outcome: .released,
      run: RunSummary(exit: nil, startedAt: now, endedAt: now, message: []), jitter: 0)
  }
}
