/// When an item is tried again, and when it is given up.
public struct RetryPolicy: Hashable, Sendable {
  /// Attempts before an item fails for good; 1 or more.
  public var maximumAttempts: UInt32 = 3
  /// Deferrals before an item fails for good.
  public var maximumDeferrals: UInt32 = 100
  /// Losses before an item fails for good as poison; 0 sets no limit.
  public var maximumLosses: UInt32 = 5
  /// The longest wait after the first failed attempt; doubles with each further one.
  public var backoffBase: Duration = .seconds(1)
  /// The longest wait after any failed attempt.
  public var backoffMaximum: Duration = .seconds(300)

  /// The defaults: 3 attempts, 100 deferrals, 5 losses, back-off 1 s to 5 min.
  public init() {}

  /// The wait after failed attempt number `attempt` (from 1), with full jitter: `jitter`, in 0..<1,
  /// is the part of the longest wait that is taken.
  public func backoff(attempt: UInt32, jitter: Double) -> Duration {
    let longest = Self.doubled(backoffBase, times: attempt - min(attempt, 1), limit: backoffMaximum)
    let part = jitter > 0 ? min(jitter, 1) : 0
    let wait = (Double(longest.wholeMicroseconds) * part).rounded(.towardZero)
    // The longest waits of all round to 2^63 as a Double, one more than there is.
    return .microseconds(Int64(exactly: wait) ?? .max)
  }

  /// The wait after deferral number `deferral` (from 1): 1 s, doubling up to 5 min.
  public func deferral(_ deferral: UInt32) -> Duration {
    Self.doubled(.seconds(1), times: deferral - min(deferral, 1), limit: .seconds(300))
  }

  private static func doubled(_ base: Duration, times: UInt32, limit: Duration) -> Duration {
    var wait = base
    var left = times
    while left > 0 && wait < limit && wait > .zero {
      wait = wait * 2
      left -= 1
    }
    return min(wait, limit)
  }
}
