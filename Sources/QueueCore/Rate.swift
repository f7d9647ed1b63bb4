/// How many items may be claimed in what time.
///
/// The generic cell rate algorithm, on one moment kept with the queue: the one at which the next
/// item may be claimed. Claims are spread evenly; only what was missed in the last 100 ms is caught
/// up with, so that high rates are reached with one transaction for many items.
public struct Rate: Hashable, Sendable {
  /// How far claims that were missed are caught up with.
  public static let slack: Duration = .milliseconds(100)

  /// Items in each period; 1 or more.
  public let count: UInt32
  /// The period; longer than zero.
  public let period: Duration

  /// A rate; nil when `count` or `period` is not above zero.
  public init?(count: UInt32, per period: Duration) {
    guard count > 0, period.wholeMicroseconds > 0 else { return nil }
    self.count = count
    self.period = period
  }

  /// The time from one item to the next: whole microseconds, rounded up.
  public var interval: Duration {
    let (whole, rest) = period.wholeMicroseconds.quotientAndRemainder(dividingBy: Int64(count))
    return .microseconds(rest > 0 ? whole + 1 : whole)
  }

  /// When the next item may be claimed, for a queue that keeps `next`. A moment further ahead than
  /// one interval comes from a clock that was set back, or from another rate: it says nothing.
  public func opening(after next: Timestamp?, now: Timestamp) -> Timestamp {
    let missed = interval < Self.slack ? Self.slack - interval : .zero
    let earliest = now + (.zero - missed)
    guard let next, next <= now + interval else { return earliest }
    return max(next, earliest)
  }

  /// How many of `wanted` items may be claimed now, and what the queue keeps when they are.
  public func admit(
    _ wanted: Int, after next: Timestamp?, now: Timestamp
  ) -> (count: Int, next: Timestamp) {
    let opening = opening(after: next, now: now)
    guard opening <= now, wanted > 0 else { return (0, opening) }
    let step = interval.wholeMicroseconds
    let room = (now - opening).wholeMicroseconds / step + 1
    let count = min(wanted, Int(room))
    return (count, advanced(opening, by: count))
  }

  /// What is kept when it is known that a run, claimed at `since`, began only at `start`: the next one waits as long
  /// after that. A start that no clock can have seen says nothing.
  public func delayed(
    _ next: Timestamp?, since: Timestamp, start: Timestamp, now: Timestamp
  ) -> Timestamp? {
    guard start > since, start <= now else { return next }
    return max(next ?? start, start + interval)
  }

  /// What the queue keeps when `count` more items were claimed; fewer than 0: when they were given
  /// back without having been started.
  public func advanced(_ next: Timestamp, by count: Int) -> Timestamp {
    let (time, overflow) = interval.wholeMicroseconds.multipliedReportingOverflow(by: Int64(count))
    return next + .microseconds(overflow ? (count < 0 ? .min : .max) : time)
  }
}
