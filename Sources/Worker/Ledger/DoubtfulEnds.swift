import Glibc
import QueueCore

/// Runs that ended by a signal with which the worker itself may be asked to end.
///
/// Who stops a service, a container or a group sends the signal to everybody in it. The handlers may be
/// gone before the worker has heard of it: how they ended says nothing of their items then. So each such
/// end waits a moment before it is judged.
struct DoubtfulEnds {
  /// Nanoseconds between the end of a run and the worker's own signal, at most.
  static let window: UInt64 = 200_000_000

  private var waiting: [(finished: Finished, until: UInt64)] = []

  /// How many claims wait.
  var count: Int { waiting.reduce(0) { $0 + $1.finished.claims.count } }
  /// When the next one is to be judged; ``MonotonicTime``.
  var next: UInt64? { waiting.first?.until }

  mutating func add(_ finished: Finished, now: UInt64) {
    waiting.append((finished, now + Self.window))
  }

  /// Those that have waited long enough; with `all` the others as well.
  mutating func take(now: UInt64, all: Bool) -> [Finished] {
    let count = all ? waiting.count : waiting.prefix { $0.until <= now }.count
    defer { waiting.removeFirst(count) }
    return waiting.prefix(count).map(\.finished)
  }
}

extension Finished {
  /// Whether the handler ended by INT, TERM or HUP, or says so as a shell does: 128 and the number.
  var isByEndSignal: Bool {
    let exit: RunExit
    switch end {
    case .ended(let ended, timedOut: false), .unanswered(let ended, .crashed): exit = ended
    default: return false
    }
    switch exit {
    case .signalled(let signal): return [SIGINT, SIGTERM, SIGHUP].contains(Int32(signal))
    case .exited(let status): return [SIGINT, SIGTERM, SIGHUP].contains(Int32(status) - 128)
    case .notStarted: return false
    }
  }
}
