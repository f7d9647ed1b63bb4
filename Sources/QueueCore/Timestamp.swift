/// A moment in wall-clock time, in microseconds since 1970-01-01 00:00 UTC.
///
/// State logic never reads a clock: the moment is always handed in.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Microseconds since 1970-01-01 00:00 UTC.
  public var microseconds: Int64

  /// A moment from its microseconds since 1970-01-01 00:00 UTC.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Whether `lhs` is the earlier moment.
  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
    lhs.microseconds < rhs.microseconds
  }

  /// The moment `delay` after `moment`; stays at the ends of the range instead of overflowing.
  public static func + (moment: Timestamp, delay: Duration) -> Timestamp {
    let (sum, overflow) = moment.microseconds.addingReportingOverflow(delay.wholeMicroseconds)
    guard overflow else { return Timestamp(microseconds: sum) }
    return Timestamp(microseconds: delay < .zero ? .min : .max)
  }

  /// The time from `earlier` to `later`.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    .microseconds(later.microseconds) - .microseconds(earlier.microseconds)
  }
}

extension Duration {
  /// The duration in whole microseconds, towards zero, at the ends of `Int64` when it is out of range.
  public var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }
}
