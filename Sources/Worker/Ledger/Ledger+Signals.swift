import Glibc
import QueueCore

extension Ledger {
  /// Acts upon signals: the first lets handlers end, the second ends them, the third kills them.
  /// SIGUSR1 and SIGUSR2 change how many there are at once, as with xargs.
  func takeSignals() throws(StoreError) {
    for signal in world.takeSignals() {
      switch signal {
      case SIGTSTP:
        // Between transactions: stopped inside one this process would stop every writer.
        slots.whileStopped { world.stopProcess() }
      case SIGUSR1, SIGUSR2:
        let step = signal == SIGUSR1 ? 1 : -1
        let wanted = min(max(slots.count + step, 1), WorkPlan.maximumSlots)
        // By hand from now on.
        search = nil
        if shutdown.reason == nil && wanted != slots.count { try changeSlots(wanted) }
      default:
        end(by: signal)
      }
    }
  }

  private func end(by signal: Int32) {
    let running = slots.running
    switch shutdown.signal(signal) {
    case .letEnd:
      if running > 0 {
        world.say(
          "q-work: \(Self.name(signal)): waiting for \(running) handlers; once more ends them")
      }
      world.markEnding()
      giveBack()
      slots.end()
    case .terminate:
      slots.stop()
      world.say("q-work: ending \(running) handlers; once more kills them")
      slots.signal(SIGTERM)
    case .kill:
      slots.stop()
      world.say("q-work: killing \(running) handlers")
      slots.signal(SIGKILL)
    }
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
