import Glibc
import QueueCore

extension Ledger {
  /// Judges what the slots have reported.
  func takeFinished() {
    let now = world.now
    var decided: [Finished] = []
    for finished in slots.takeFinished() {
      if finished.isByEndSignal {
        doubtful.add(finished, now: now)
      } else {
        decided.append(finished)
      }
    }
    let all = shutdown.isAskedFor || shutdown.isKilling
    for finished in decided + doubtful.take(now: now, all: all) {
      judge(finished)
      haltIfNeeded()
    }
  }

  private func judge(_ finished: Finished) {
    let claim = finished.claim
    if case .ended(let exit, _) = finished.end {
      let now = world.now
      lookAhead.ran(for: finished.duration, now: now)
      search?.ended(in: finished.duration, isGood: exit == .exited(0), now: now)
    }
    let isRevoked = claims.isRevoked(claim.token.number)
    switch Verdict(finished, plan, shutdown, isRevoked: isRevoked) {
    case .settle(let exit, let outcome):
      rest(finished)
      settle(finished, exit, outcome)
    case .release(let reason):
      release(claim)
      if let reason {
        rest(finished)
        end(because: reason)
      }
    case .leave:
      claims.leave(claim.token)
      world.say(
        "q-work: what the handler of \(VisibleText.id(claim.id)) had started lives on: "
          + "its item is held until that has ended")
    }
  }

  /// Lets the queue rest when the handler wants that.
  private func rest(_ finished: Finished) {
    guard let length = finished.control.pause, length > .zero else { return }
    claims.rest(until: finished.endedAt + length)
    world.say(
      "q-work: the handler of \(VisibleText.id(finished.claim.id)) pauses the queue for \(length.text)"
    )
  }

  private func settle(_ finished: Finished, _ exit: RunExit, _ outcome: Outcome) {
    let run = RunSummary(
      exit: exit, startedAt: finished.startedAt, endedAt: finished.endedAt,
      message: finished.message)
    let isEnd = Transition.isEnd(outcome, after: finished.claim.tally, policy: finished.policy)
    shutdown.note(outcome, isEnd: isEnd)
    claims.settle(
      Settlement(
        token: finished.claim.token, outcome: outcome, run: run, policy: finished.policy,
        jitter: .random(in: 0..<1), output: finished.output),
      after: finished.duration, id: finished.claim.id)
  }

  /// Ends the run when too many items have failed for good.
  private func haltIfNeeded() {
    guard let reason = shutdown.haltReason else { return }
    let deadline = world.now + plan.killAfter
    let kills = shutdown.halt(because: reason, running: slots.running, deadline: deadline)
    giveBack()
    if kills { slots.signal(SIGTERM) }
  }
}
