import Glibc
import QueueCore

/// Why and how a worker's run ends: the first reason stands, but for a signal, which whoever sent it
/// wants to see in the exit status.
struct Shutdown {
  /// What is to be done about a signal.
  enum Step {
    /// Handlers end by themselves; no more are started.
    case letEnd
    case terminate
    case kill
  }

  /// Why no more is claimed; the run ends when what is held has ended.
  private(set) var reason: WorkReport.End?
  /// Handlers were told to end: whatever does not succeed goes back uncharged.
  private(set) var isKilling = false
  /// What items came to, before it is committed.
  private(set) var sample = HaltPolicy.Sample()
  /// When what does not end by itself is killed.
  private(set) var killAt: UInt64 = .max
  private let halt: HaltPolicy?

  init(halt: HaltPolicy?) { self.halt = halt }

  /// Whether a signal has asked for the end.
  var isAskedFor: Bool { if case .signal? = reason { true } else { false } }

  mutating func begin(because reason: WorkReport.End) { self.reason = self.reason ?? reason }

  /// The first signal lets handlers end, the second ends them, the third kills them.
  mutating func signal(_ number: Int32) -> Step {
    guard isAskedFor else {
      reason = .signal(number)
      return .letEnd
    }
    defer { isKilling = true }
    return isKilling ? .kill : .terminate
  }

  /// Notes how a run ended; `isEnd`: it was its item's last.
  mutating func note(_ outcome: Outcome, isEnd: Bool) { sample.note(outcome, isEnd: isEnd) }

  /// Notes items that failed for good without a run of this worker's.
  mutating func note(failed count: Int) { sample.note(failed: count) }

  /// Why the run is to halt, when too many items have failed for good.
  var haltReason: WorkReport.End? {
    guard reason == nil, let halt, halt.isReached(sample) else { return nil }
    return .halted("halted: \(sample.failed) of \(sample.ended) items failed")
  }

  /// Halts. Whether the handlers that run are to be ended: they are killed at `deadline`.
  mutating func halt(because reason: WorkReport.End, running: Int, deadline: UInt64) -> Bool {
    begin(because: reason)
    guard halt?.when == .now, running > 0 else { return false }
    isKilling = true
    killAt = deadline
    return true
  }

  /// Whether the handlers are to be killed now; says so once.
  mutating func isKillDue(_ now: UInt64) -> Bool {
    guard now >= killAt else { return false }
    killAt = .max
    return true
  }
}
