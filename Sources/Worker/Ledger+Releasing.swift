import Glibc
import QueueCore
import System

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

  /// Ends the runs of items that somebody removed: until they have ended their ids are held back.
  func endRevoked(_ tokens: [Token]) {
    guard !tokens.isEmpty else { return }
    let numbers = Set(tokens.map(\.number))
    for waiting in sharing.ready.popAll() {
      if numbers.contains(waiting.claim.token.number) {
        giveBack(waiting)
      } else {
        sharing.ready.push(waiting)
      }
    }
    // A slot may have taken one just now: its run ends as soon as it is there.
    sharing.live.revoke(numbers)
  }

  /// Leaves a claim to those who will find this worker dead, and what is left of the run alive.
  func leave(_ claim: Claim) {
    held[claim.token.number] = nil
    left.insert(claim.token.number)
    gate.say(
      "q-work: what the handler of \(VisibleText.id(claim.id)) had started lives on: "
        + "its item is held until that has ended")
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
      run: RunSummary(exit: nil, startedAt: now, endedAt: now, message: []),
      policy: RetryPolicy(), jitter: 0)
  }
}
