package import QueueCore
import System

/// Claims on their way to a slot: what one run carries, or part of what it will.
struct Assignment: Sendable {
  /// At least one.
  var claims: [Claim]
  /// Its place among its worker's, from 1.
  var ordinal: Int

  /// Takes so many claims away; nil when it has no more than those.
  mutating func part(_ count: Int) -> Assignment? {
    guard claims.count > count else { return nil }
    defer { claims.removeFirst(count) }
    return Assignment(claims: Array(claims.prefix(count)), ordinal: ordinal)
  }
}

extension Timestamp {
  /// The moment by the system's wall clock.
  package static func now() -> Timestamp { Timestamp(microseconds: WallTime.now()) }
}

/// How claims left their slot, all at once.
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
    /// The handler answered each, in the order of the claims, and runs on.
    case answered([Answer])
    /// The handler's process streams, and ended with answers due; of these claims' items it was the
    /// first one's fault.
    case unanswered(RunExit, Fault)
    /// As ``unanswered``, and too many in a row have never answered.
    case silent(RunExit)
  }

  /// Why a handler that streams owes answers.
  enum Fault: Sendable {
    case crashed, timedOut
    /// It wrote what is no answer.
    case garbled
  }

  /// At least one; what the run carried, or a part of it.
  var claims: [Claim]
  /// ``Assignment/ordinal``.
  var ordinal: Int
  var end: End
  var startedAt: Timestamp
  var endedAt: Timestamp
  /// What the worker went by when it ended.
  var policy: RetryPolicy
  /// Nanoseconds that the handler took; where it answered: for each, on average.
  var duration: UInt64 = 0
  /// What is to be kept of what it wrote.
  var output: KeptOutput?
  /// What it asked for.
  var control = Control()
  /// Whether it was ended because memory was short.
  var isEvicted = false
  /// What its output emits, beside what it asked for.
  var emitted: [Emission] = []
  /// What the item gives back.
  var result: ItemResult?
  /// What it said of single claims, by their place.
  var results: [Int: UInt8] = [:]
  /// A line of its requests that could not be understood: the item fails for good.
  var isControlInvalid = false
  /// Why it failed, or what it noted.
  var message: [UInt8] = []

  /// One that did not run, or has just ended.
  init(_ assignment: Assignment, _ policy: RetryPolicy, _ end: End) {
    self.init(assignment.claims, ordinal: assignment.ordinal, policy, end)
  }

  init(_ claims: [Claim], ordinal: Int, _ policy: RetryPolicy, _ end: End) {
    let now = Timestamp.now()
    (self.claims, self.ordinal) = (claims, ordinal)
    self.end = end
    (startedAt, endedAt) = (now, now)
    self.policy = policy
    if case .failedToStart(let failure) = end, failure.kind == .tooLong {
      message = Array("its arguments are too long for the system".utf8)
    }
  }

  /// How much is kept of what a run said last, in bytes.
  private static let longestMessage = 1_000

  /// The last whole lines that fit into what is kept of a run, without the end of line.
  static func lastLines(_ tail: [UInt8]) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    var text = tail[...]
    while let last = text.last, last == newline || last == UInt8(ascii: "\r") { text.removeLast() }
    guard text.count > longestMessage else { return Array(text) }
    let kept = text.suffix(longestMessage)
    guard let cut = kept.firstIndex(of: newline), kept.distance(from: cut, to: kept.endIndex) > 1
    else { return Array(kept) }
    return Array(kept[(cut + 1)...])
  }

  /// Whether the duration is that of each claim, not of all together.
  var isOfEach: Bool { if case .answered = end { true } else { false } }

  /// What the run is called by.
  var id: ItemID { claims[0].id }

  /// Whether this run ends its item, unless it is given back. One of many is its own last.
  func isLast(_ exits: ExitTable) -> Bool {
    guard case .ended(let exit, let timedOut) = end else { return false }
    // It goes back; see ``Verdict``.
    if isEvicted, exit != .exited(0) { return false }
    if claims.count > 1 { return true }
    if isControlInvalid { return true }
    switch exits.judge(exit, timedOut: timedOut, anySuccess: true) {
    case .settle(let outcome):
      return Transition.isEnd(outcome, after: claims[0].tally, policy: policy)
    case .stop: return false
    }
  }
}
