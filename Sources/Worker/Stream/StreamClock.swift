import System

/// The times of one process that streams; nanoseconds (``MonotonicTime``).
struct StreamClock {
  /// Without an answer for so long after the first request a handler may keep its answers to itself.
  private static let flushPatience: UInt64 = 10_000_000_000
  /// Without an answer for so long a handler may wait for the end of its input.
  private static let silence: UInt64 = 1_000_000_000
  /// How often to look where no event tells.
  private static let glance: UInt64 = 100_000_000

  enum Step { case none, terminate, kill }

  private let live: LiveRuns
  private let killAfter: UInt64
  /// Since when the oldest unanswered request is the oldest, or since when there is none.
  private var since = MonotonicTime.now()
  /// How long runs had been stopped then: that time is not this one's.
  private var stoppedBefore: UInt64
  /// The first request, until there is an answer.
  private var first: UInt64?
  private var killAt: UInt64?
  private var isKilled = false

  init(_ live: LiveRuns, killAfter: UInt64) {
    (self.live, self.killAfter) = (live, killAfter)
    stoppedBefore = live.stoppedTime
  }

  /// A request is sent, and none was unanswered.
  mutating func begin(isFirst: Bool) {
    restart(MonotonicTime.now())
    if isFirst, first == nil { first = since }
  }

  /// Requests were answered; how long that took.
  mutating func answered(_ now: UInt64) -> UInt64 {
    defer {
      restart(now)
      first = nil
    }
    return now - min(since, now)
  }

  private mutating func restart(_ now: UInt64) {
    since = now
    stoppedBefore = live.stoppedTime
  }

  private var stopped: UInt64 { live.stoppedTime - stoppedBefore }

  /// Whether nothing was answered for a while.
  var isSilent: Bool { MonotonicTime.now() >= since + Self.silence + stopped }

  /// Whether nothing was ever answered, for long.
  var isFlushDoubtful: Bool {
    first.map { MonotonicTime.now() >= $0 + Self.flushPatience } ?? false
  }

  /// Nanoseconds until there is something to do; -1 for any time.
  /// - Parameters:
  ///   - limit: how long an item may take.
  ///   - isWatched: something may change that no event tells of.
  func timeout(limit: UInt64?, isDue: Bool, isWatched: Bool) -> Int64 {
    guard isDue || killAt != nil else { return -1 }
    let now = MonotonicTime.now()
    var until = UInt64.max
    if isDue, let limit, killAt == nil { until = since.addingClamped(limit + stopped) }
    if let killAt, !isKilled { until = min(until, killAt) }
    if let first { until = min(until, max(first + Self.flushPatience, now + Self.glance)) }
    if isWatched { until = min(until, now + Self.glance) }
    guard until < UInt64(Int64.max) else { return -1 }
    return until > now ? Int64(until - now) : 0
  }

  /// What to do about an item that takes too long.
  mutating func step(limit: UInt64?) -> Step {
    let now = MonotonicTime.now()
    if let killAt {
      guard now >= killAt, !isKilled else { return .none }
      isKilled = true
      return .kill
    }
    guard let limit, now >= since.addingClamped(limit + stopped) else { return .none }
    killAt = now.addingClamped(killAfter)
    return .terminate
  }
}
