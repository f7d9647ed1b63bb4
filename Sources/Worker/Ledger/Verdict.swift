import Glibc
import QueueCore
import System

/// What becomes of a claim that has left its slot.
enum Verdict {
  /// It ends with this outcome; the item's record says how the run ended.
  case settle(RunExit, Outcome)
  /// It goes back unharmed, and for this reason the worker's run ends, if there is one.
  case release(WorkReport.End?)
  /// It stays as it is, for whoever finds this worker dead.
  case leave

  /// Judges a claim's end.
  /// - Parameters:
  ///   - shutdown: how this worker's own run is ending.
  ///   - isRevoked: its item was removed.
  init(_ finished: Finished, _ plan: WorkPlan, _ shutdown: Shutdown, isRevoked: Bool) {
    switch finished.end {
    case .ended(let exit, let timedOut):
      if shutdown.isKilling && exit != .exited(0) || isRevoked {
        self = .release(nil)
      } else if shutdown.isAskedFor && finished.isByEndSignal {
        // The signal came to everybody.
        self = .release(nil)
      } else if finished.isControlInvalid {
        self = .settle(exit, .failed(final: true))
      } else {
        self = Self.judge(finished, exit, timedOut, plan, shutdown.sample.hasSucceeded)
      }
    case .unfit: self = .settle(.notStarted(EINVAL), .failed(final: true))
    case .failedToStart(let failure) where failure.kind == .tooLong:
      self = .settle(.notStarted(failure.code), .failed(final: true))
    case .failedToStart(let failure): self = .release(Self.reason(failure, plan))
    case .remains: self = .leave
    case .stopped: self = .release(nil)
    case .broken(let error):
      let code: StoreError.Code = error.code == ESTALE ? .unusable : .inputOutput
      self = .release(.error(StoreError(code, "a slot failed: \(error)")))
    case .outputLost(let error):
      self = .release(error.code == ECANCELED ? nil : .output(error))
    }
  }

  private static func judge(
    _ finished: Finished, _ exit: RunExit, _ timedOut: Bool, _ plan: WorkPlan, _ anySuccess: Bool
  ) -> Verdict {
    switch plan.exits.judge(exit, timedOut: timedOut, anySuccess: anySuccess) {
    case .settle(.deferred): return .settle(exit, .deferred(for: finished.control.deferral))
    case .settle(let outcome): return .settle(exit, outcome)
    case .stop(let status):
      let words =
        finished.message.isEmpty ? "" : ": " + VisibleText.lastLine(finished.message, limit: 200)
      return .release(
        .handler(status: Int32(status), "the handler ended with \(status)\(words)"))
    }
  }

  private static func reason(_ failure: SpawnFailure, _ plan: WorkPlan) -> WorkReport.End {
    guard failure.stage == .exec else {
      let reason = "\(failure.stage): \(SystemError.reason(failure.code))"
      return .error(StoreError(.inputOutput, "cannot start a handler: \(plan.store): \(reason)"))
    }
    let hint =
      switch failure.kind {
      case .notAProgram: ": its first line must name an interpreter"
      case .notFound: ": the interpreter that its first line names is not there"
      default: ""
      }
    return .handler(
      status: failure.kind == .notFound ? 127 : 126,
      "cannot run \(VisibleText.escaped(plan.program.path)): "
        + SystemError.reason(failure.code) + hint)
  }
}
