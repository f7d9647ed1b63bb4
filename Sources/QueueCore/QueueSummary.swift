/// What can be said of a queue at a glance, in time that does not depend on its size.
public struct QueueSummary: Hashable, Sendable {
  /// The queue.
  public var name: QueueName
  /// How many items are in each status.
  public var counts: Counts
  /// What the queue is set to.
  public var settings: QueueSettings
  /// When the first delayed item becomes pending; nil when none is delayed.
  public var nextDue: Timestamp?
  /// What ``Rate`` goes on from; nil when nothing was claimed at a rate yet.
  public var nextStart: Timestamp?

  /// A summary.
  public init(
    name: QueueName, counts: Counts, settings: QueueSettings, nextDue: Timestamp?,
    nextStart: Timestamp? = nil
  ) {
    self.name = name
    self.counts = counts
    self.settings = settings
    self.nextDue = nextDue
    self.nextStart = nextStart
  }

  /// Whether nothing is claimed from the queue at `now`.
  public func isPaused(at now: Timestamp) -> Bool { settings.pause?.holds(at: now) ?? false }
}
