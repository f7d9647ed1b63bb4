/// What happened in a queue in one minute.
public struct MinuteCounts: Hashable, Sendable {
  /// How many minutes are kept: a day. Older ones go when a new one begins.
  public static let kept: UInt32 = 1_440

  /// Minutes since 1970-01-01 00:00 UTC.
  public var minute: UInt32
  /// When the first run of the minute ended; nil when none did.
  public var firstEnd: Timestamp?
  /// Items that were enqueued, duplicates not counted.
  public var enqueued: UInt64 = 0
  /// Items that ended well.
  public var done: UInt64 = 0
  /// Items that ended for good without success.
  public var failed: UInt64 = 0
  /// Runs after which the item waits for another one.
  public var retried: UInt64 = 0

  /// A minute in which nothing has happened.
  public init(minute: UInt32) { self.minute = minute }

  /// The minute of a moment; those before 1970 are the first one.
  public static func minute(of moment: Timestamp) -> UInt32 {
    UInt32(clamping: max(moment.microseconds, 0) / 60_000_000)
  }

  /// Items that ended.
  public var ended: UInt64 { done + failed }
}

/// How fast a queue is worked off.
public struct Throughput: Hashable, Sendable {
  /// How far back is looked, in minutes.
  public static let minutes: UInt32 = 5

  /// Items that end in a second.
  public var rate: Double

  /// The mean of the last minutes; nil when nothing ended in them.
  public init?(_ history: [MinuteCounts], now: Timestamp) {
    let last = MinuteCounts.minute(of: now)
    let first = last - min(last, Self.minutes - 1)
    let recent = history.filter { first...last ~= $0.minute && $0.firstEnd != nil }
    let ended = recent.reduce(0) { $0 + $1.ended }
    guard ended > 0, let began = recent.compactMap(\.firstEnd).min(), began <= now else {
      return nil
    }
    let seconds = Double((now - began).wholeMicroseconds) / 1_000_000
    rate = Double(ended) / max(seconds, 1)
  }

  /// A rate that is known; nil when it is none.
  public init?(rate: Double) {
    guard rate > 0 else { return nil }
    self.rate = rate
  }

  /// How long `counts` will take at this rate; nil beyond ten years, and when nothing moves: nothing is
  /// pending or worked on. Items that were enqueued with a delay, and those that nobody may end, are not
  /// waited for.
  public func eta(_ counts: Counts) -> Duration? {
    let held = counts.scheduled + counts.orphaned
    let all = counts.pending + counts.delayed + counts.processing
    guard counts.pending + counts.processing > counts.orphaned else { return nil }
    let seconds = Double(all > held ? all - held : 0) / rate
    return seconds < 315_360_000 ? .seconds(seconds) : nil
  }
}
