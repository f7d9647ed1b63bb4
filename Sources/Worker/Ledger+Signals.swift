import Glibc
import QueueCore
import System

extension Ledger {
  /// Acts upon signals: the first lets handlers end, the second ends them, the third kills them.
  /// SIGUSR1 and SIGUSR2 change how many there are at once, as with xargs.
  func takeSignals() throws(StoreError) {
    for signal in signals.take() {
      if signal == SIGTSTP {
        stopAll()
      } else if signal == SIGUSR1 || signal == SIGUSR2 {
        let wanted = min(max(slots + (signal == SIGUSR1 ? 1 : -1), 1), WorkPlan.maximumSlots)
        // By hand from now on.
        search = nil
        if ending == nil && wanted != slots { try changeSlots(wanted) }
      } else if case .signal? = ending {
        hurry()
      } else {
        if sharing.live.count > 0 {
          gate.say(
            "q-work: \(Self.name(signal)): waiting for \(sharing.live.count) handlers; "
              + "once more ends them")
        }
        // Whatever else was ending the run: who sends a signal wants to see it in the status.
        ending = .signal(signal)
        // A KILL that follows tells nothing of the items.
        registration.records.markEnding()
        giveBack()
      }
    }
  }

  private func hurry() {
    sharing.stop.raise()
    gate.giveUp()
    if isKilling {
      gate.say("q-work: killing \(sharing.live.count) handlers")
      sharing.live.signalAll(SIGKILL, andLater: true)
    } else {
      isKilling = true
      gate.say("q-work: ending \(sharing.live.count) handlers; once more kills them")
      sharing.live.signalAll(SIGTERM, andLater: true)
    }
  }

  /// Stops the handlers, then this process; goes on with both when it is continued. Between
  /// transactions: stopped inside one it would stop every writer.
  private func stopAll() {
    sharing.live.whileStopped { _ = kill(getpid(), SIGSTOP) }
  }

  private static func name(_ signal: Int32) -> String {
    switch signal {
    case SIGINT: "interrupted"
    case SIGTERM: "asked to end"
    case SIGHUP: "the terminal is gone"
    default: "signal \(signal)"
    }
  }
}
