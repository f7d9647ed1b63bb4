import System

/// The times of one process that streams; nanoseconds (``MonotonicTime``).
struct StreamClock {
  /// Without an answer for so long after the first request a handler may keep its answers to itself.
  private static let flushPatience: UInt64 = 10_000_000_000
  /// Without an answer for so long a handler may wait for the end of its input.
  private static let silence: UInt64 = 1_000_000_000
  /// How often to look where no event tells.
  private static let glance: UInt64 = 100_000_000

  private let live: LiveRuns
  private let killAfter: UInt64
  /// Since when the oldest unanswered request is the oldest.
  private var since = MonotonicTime.now()
  /// How long runs had been stopped then: that time is not this one's.
  private var stoppedBefore: UInt64
  /// Since when there has been no answer.
  private var answeredAt = MonotonicTime.now()
  /// The first request, until there is an answer.
  private var first: UInt64?
  /// When a process that was told to end is killed.
  private var killAt: UInt64?

  init(_ live: LiveRuns, killAfter: UInt64) {
    (self.live, self.killAfter) = (live, killAfter)
    stoppedBefore = live.stoppedTime
  }

  /// A request is sent, and none was unanswered.
  mutating func begin(isFirst: Bool) {
    let now = MonotonicTime.now()
    turn(to: now)
    answeredAt = now
    if isFirst, first == nil { first = now }
  }

  /// Requests were answered, the oldest among them or not; how long that took.
  mutating func answered(_ now: UInt64, oldest: Bool) -> UInt64 {
    defer { (answeredAt, first) = (now, nil) }
    if oldest { turn(to: now) }
    return now - min(answeredAt, now)
  }

  /// Another request is the oldest.
  private mutating func turn(to now: UInt64) {
    since = now
    stoppedBefore = live.stoppedTime
  }

  /// The process was told to end.
  mutating func terminate() {
    killAt = killAt ?? MonotonicTime.now().addingClamped(killAfter)
  }

  private var stopped: UInt64 { live.stoppedTime - stoppedBefore }

  private func overdueAt(_ limit: UInt64) -> UInt64 {
    since.addingClamped(limit).addingClamped(stopped)
  }

  /// Whether nothing was answered for a while.
  var isSilent: Bool { MonotonicTime.now() >= answeredAt + Self.silence + stopped }

  /// Whether nothing was ever answered, for long.
  var isFlushDoubtful: Bool {
    first.map { MonotonicTime.now() >= $0 + Self.flushPatience } ?? false
  }

  /// Whether the oldest request has been so for longer than this.
  func isOverdue(_ limit: UInt64?) -> Bool {
    guard killAt == nil, let limit else { return false }
    return MonotonicTime.now() >= overdueAt(limit)
  }

  /// Whether the process is to be killed now; says so once.
  mutating func isKillDue() -> Bool {
    guard let at = killAt, MonotonicTime.now() >= at else { return false }
    killAt = .max
    return true
  }

  /// Nanoseconds until there is something to do; -1 for any time.
  /// - Parameters:
  ///   - limit: how long an item may take.
  ///   - isDue: a request is unanswered.
  ///   - isWatched: something may change that no event tells of.
  func timeout(limit: UInt64?, isDue: Bool, isWatched: Bool) -> Int64 {
    let now = MonotonicTime.now()
    var until = killAt ?? .max
    if isDue, let limit, killAt == nil { until = overdueAt(limit) }
    if isDue, let first { until = min(until, max(first + Self.flushPatience, now + Self.glance)) }
    if isDue, isWatched { until = min(until, now + Self.glance) }
    guard until < UInt64(Int64.max) else { return -1 }
    return until > now ? Int64(until - now) : 0
  }
}
