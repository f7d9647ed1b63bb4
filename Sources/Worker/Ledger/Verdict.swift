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
  ///   - place: the claim's, among those of its run.
  ///   - shutdown: how this worker's own run is ending.
  ///   - isRevoked: its item was removed.
  ///   - hasRevoked: an item of its run was.
  init(
    _ finished: Finished, _ place: Int, _ plan: WorkPlan, _ shutdown: Shutdown, isRevoked: Bool,
    hasRevoked: Bool
  ) {
    let isKilling = shutdown.isKilling || finished.isEvicted
    switch finished.end {
    case .answered(let answers):
      self = Verdict(answers[place], plan.exits, isRevoked: isRevoked)
    case .ended where !finished.isControlInvalid && finished.results[place] != nil:
      let exit = RunExit.exited(finished.results[place] ?? 0)
      self = isRevoked ? .release(nil) : Self.judge(exit, plan.exits, deferral: nil)
    case .ended(let exit, let timedOut):
      if isKilling && exit != .exited(0) || isRevoked {
        self = .release(nil)
      } else if hasRevoked, case .signalled = exit {
        // It was ended because of another item.
        self = .release(nil)
      } else if shutdown.isAskedFor && finished.isByEndSignal {
        // The signal came to everybody.
        self = .release(nil)
      } else if finished.isControlInvalid {
        self = .settle(exit, .failed(final: true))
      } else {
        self = Self.judge(finished, exit, timedOut, plan, shutdown.sample.hasSucceeded)
      }
    case .unanswered(let exit, let fault):
      let isCharged = place == 0 && !isRevoked && !isKilling
      self =
        isCharged && !(shutdown.isAskedFor && finished.isByEndSignal)
        ? .settle(exit, Self.outcome(fault)) : .release(nil)
    case .silent: self = .release(isKilling ? nil : Self.silence(finished))
    case .unfit: self = .settle(.notStarted(EINVAL), .failed(final: true))
    case .failedToStart(let failure) where failure.kind == .tooLong && finished.claims.count > 1:
      // Fewer of them will do: see RunLoad.
      self = .release(nil)
    case .failedToStart(let failure) where failure.kind == .tooLong && !plan.shape.isStream:
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

  private static func outcome(_ fault: Finished.Fault) -> Outcome {
    switch fault {
    case .crashed: .crashed
    case .timedOut: .timedOut
    case .garbled: .failed(final: false)
    }
  }

  private static func silence(_ finished: Finished) -> WorkReport.End {
    let words =
      finished.message.isEmpty ? "" : ": " + VisibleText.lastLine(finished.message, limit: 200)
    return .handler(
      status: 126,
      "\(StreamSharing.mostSilent) processes in a row ended without an answer" + words)
  }

  /// Judges what a handler said of one item: it works, whatever it says.
  init(_ answer: Answer, _ exits: ExitTable, isRevoked: Bool) {
    let exit = RunExit.exited(answer.status)
    if isRevoked {
      self = .release(nil)
    } else if answer.isRefused {
      self = .settle(exit, .failed(final: true))
    } else {
      self = Self.judge(exit, exits, deferral: answer.deferral)
    }
  }

  private static func judge(
    _ exit: RunExit, _ exits: ExitTable, deferral: Duration?
  ) -> Verdict {
    switch exits.judge(exit, timedOut: false, anySuccess: true) {
    case .settle(.deferred): .settle(exit, .deferred(for: deferral))
    case .settle(let outcome): .settle(exit, outcome)
    case .stop(let status):
      .release(.handler(status: Int32(status), "the handler answered with \(status)"))
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
