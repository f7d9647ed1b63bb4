package import QueueCore
import System

/// A claim on its way to a slot.
struct Assignment: Sendable {
  var claim: Claim
  /// The place of this claim among its worker's, from 1.
  var ordinal: Int
}

extension Timestamp {
  /// The moment by the system's wall clock.
  package static func now() -> Timestamp { Timestamp(microseconds: WallTime.now()) }
}

/// How a claimed item left its slot.
struct Finished: Sendable {
  enum End: Sendable {
    /// The handler ran to an end of its own, or to its time-out.
    case ended(RunExit, timedOut: Bool)
    /// The item cannot be run: it lacks something that its command needs.
    case unfit
    /// The handler could not be started.
    case failedToStart(SpawnFailure)
    /// The handler was killed, but not all that it had started could be ended, and the run is being
    /// stopped: the claim is left as it is, for whoever sees the rest end.
    case remains
    /// Nothing was started: the run is being stopped.
    case stopped
    /// The slot itself failed; the item is unharmed.
    case broken(SystemError)
    /// The handler ran, but what it wrote could not be handed on, or recorded.
    case outputLost(SystemError)
  }

  var claim: Claim
  var ordinal: Int
  var end: End
  var startedAt: Timestamp
  var endedAt: Timestamp
  /// What the worker went by when it ended.
  var policy: RetryPolicy
  /// Nanoseconds that the handler took.
  var duration: UInt64 = 0
  /// What is to be kept of what it wrote.
  var output: KeptOutput?
  /// What it asked for.
  var control = Control()
  /// A line of its requests that could not be understood: the item fails for good.
  var isControlInvalid = false
  /// Why it failed, or what it noted.
  var message: [UInt8] = []

  /// One that did not run, or has just ended.
  init(_ assignment: Assignment, _ policy: RetryPolicy, _ end: End) {
    let now = Timestamp.now()
    claim = assignment.claim
    ordinal = assignment.ordinal
    self.end = end
    (startedAt, endedAt) = (now, now)
    self.policy = policy
    if case .failedToStart(let failure) = end, failure.kind == .tooLong {
      message = Array("its arguments are too long for the system".utf8)
    }
  }

  /// Whether this run ends its item, unless it is given back.
  func isLast(_ exits: ExitTable) -> Bool {
    guard case .ended(let exit, let timedOut) = end else { return false }
    if isControlInvalid { return true }
    switch exits.judge(exit, timedOut: timedOut, anySuccess: true) {
    case .settle(let outcome):
      return Transition.isEnd(outcome, after: claim.tally, policy: policy)
    case .stop: return false
    }
  }
}
