/// When to look at what no event may have told.
struct SafetyPoll {
  /// Nanoseconds.
  private static let interval: UInt64 = 1_000_000_000

  /// What dead workers left is about to end, though others may have found that they cannot end it.
  private(set) var endsRuns = false
  private var next: UInt64 = 0
  private var revision: UInt64 = 0
  /// When dead workers' claims are to be looked at.
  private var recoverAt: UInt64 = .max
  private var pause: UInt64 = 2_000_000

  /// When something is due; it has no clock.
  var due: UInt64 { min(next, recoverAt) }

  func isDue(_ now: UInt64) -> Bool { now >= next }

  /// A look is taken. Whether anybody has committed anything since the one before.
  mutating func look(_ revision: UInt64, now: UInt64) -> Bool {
    next = now + Self.interval
    defer { self.revision = revision }
    return revision != self.revision
  }

  /// A worker has died.
  mutating func recoverSoon() { recoverAt = 0 }

  /// Whether to recover now; says so once.
  mutating func isRecoveryDue(_ now: UInt64) -> Bool {
    guard now >= recoverAt else { return false }
    recoverAt = now + Self.interval
    return true
  }

  /// Notes what came of a recovery: soon again while something is still ending.
  mutating func recovered(isEnding: Bool, isBlocked: Bool, now: UInt64) {
    endsRuns = isEnding
    if isEnding {
      recoverAt = now + pause
      pause = min(pause * 2, 100_000_000)
    } else {
      recoverAt = isBlocked ? now + Self.interval : .max
      pause = 2_000_000
    }
  }
}
