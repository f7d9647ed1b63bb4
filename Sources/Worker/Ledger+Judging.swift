import Glibc
import QueueCore
import System

extension Ledger {
  /// Judges what the slots have reported.
  func takeFinished() {
    let now = MonotonicTime.now()
    var decided: [Finished] = []
    for finished in sharing.finished.popAll() {
      if finished.isByEndSignal {
        doubtful.add(finished, now: now)
      } else {
        decided.append(finished)
      }
    }
    for finished in decided + doubtful.take(now: now, all: isAskedToEnd || isKilling) {
      judge(finished)
      haltIfNeeded()
    }
  }

  /// Whether a signal has asked for the end of the run.
  private var isAskedToEnd: Bool { if case .signal? = ending { true } else { false } }

  private func judge(_ finished: Finished) {
    switch finished.end {
    case .ended(let exit, let timedOut):
      lookAhead.ran(for: finished.duration)
      endedAt = MonotonicTime.now()
      search?.ended(in: finished.duration, isGood: exit == .exited(0), now: endedAt)
      if isKilling && exit != .exited(0) { return release(finished.claim) }
      // The signal came to everybody.
      if isAskedToEnd && finished.isByEndSignal { return release(finished.claim) }
      // Its item is gone.
      if sharing.live.isRevoked(finished.claim.token.number) { return release(finished.claim) }
      if finished.isControlInvalid { return settle(finished, exit, .failed(final: true)) }
      rest(finished)
      switch plan.exits.judge(exit, timedOut: timedOut, anySuccess: hasSucceeded) {
      case .settle(.deferred): settle(finished, exit, .deferred(for: finished.control.deferral))
      case .settle(let outcome): settle(finished, exit, outcome)
      case .stop(let status):
        release(finished.claim)
        let words =
          finished.message.isEmpty ? "" : ": " + VisibleText.lastLine(finished.message, limit: 200)
        end(because: .handler(status: Int32(status), "the handler ended with \(status)\(words)"))
      }
    case .unfit: settle(finished, .notStarted(EINVAL), .failed(final: true))
    case .failedToStart(let failure):
      if failure.kind == .tooLong {
        var refused = finished
        refused.message = Array("its arguments are too long for the system".utf8)
        return settle(refused, .notStarted(failure.code), .failed(final: true))
      }
      release(finished.claim)
      guard failure.stage == .exec else {
        let reason = "\(failure.stage): \(SystemError.reason(failure.code))"
        return end(
          because: .error(
            StoreError(.inputOutput, "cannot start a handler: \(plan.store): \(reason)")))
      }
      let status: Int32 = failure.kind == .notFound ? 127 : 126
      end(
        because: .handler(
          status: status,
          "cannot run \(VisibleText.escaped(plan.program.path)): "
            + SystemError.reason(failure.code)
            + Self.hint(failure.kind)))
    case .remains: leave(finished.claim)
    case .stopped:
      release(finished.claim)
    case .broken(let error):
      release(finished.claim)
      let code: StoreError.Code = error.code == ESTALE ? .unusable : .inputOutput
      end(because: .error(StoreError(code, "a slot failed: \(error)")))
    case .outputLost(let error):
      release(finished.claim)
      if error.code != ECANCELED { end(because: .output(error)) }
    }
  }

  /// Lets the queue rest when the handler wants that.
  private func rest(_ finished: Finished) {
    guard let length = finished.control.pause, length > .zero else { return }
    let until = finished.endedAt + length
    if pause.map({ $0 < until }) ?? true { pause = until }
    gate.say(
      "q-work: the handler of \(VisibleText.id(finished.claim.id)) pauses the queue for \(length.text)"
    )
  }

  private static func hint(_ kind: SpawnFailure.Kind) -> String {
    switch kind {
    case .notAProgram: ": its first line must name an interpreter"
    case .notFound: ": the interpreter that its first line names is not there"
    default: ""
    }
  }

  private func settle(_ finished: Finished, _ exit: RunExit, _ outcome: Outcome) {
    let run = RunSummary(
      exit: exit, startedAt: finished.startedAt, endedAt: finished.endedAt,
      message: finished.message)
    if outcome == .succeeded { hasSucceeded = true }
    let isEnd = Transition.isEnd(outcome, after: finished.claim.tally, policy: finished.policy)
    judged.note(outcome, isEnd: isEnd)
    ended.append(
      Ended(
        settlement: Settlement(
          token: finished.claim.token, outcome: outcome, run: run, policy: finished.policy,
          jitter: .random(in: 0..<1), output: finished.output),
        duration: finished.duration, id: finished.claim.id))
  }
}
