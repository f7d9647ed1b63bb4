import System

/// When to look at what no event may have told.
struct SafetyPoll {
  /// Nanoseconds.
  static let interval: UInt64 = 1_000_000_000

  var next: UInt64 = 0
  var revision: UInt64 = 0
  /// When dead workers' claims are to be looked at.
  var recoverAt: UInt64 = .max
  private var pause: UInt64 = 2_000_000

  func isDue(_ now: UInt64) -> Bool { now >= next }

  mutating func recovered(isEnding: Bool, isBlocked: Bool) {
    let now = MonotonicTime.now()
    if isEnding {
      recoverAt = now + pause
      pause = min(pause * 2, 100_000_000)
    } else {
      recoverAt = isBlocked ? now + Self.interval : .max
      pause = 2_000_000
    }
  }
}
