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

  /// A summary.
  public init(name: QueueName, counts: Counts, settings: QueueSettings, nextDue: Timestamp?) {
    self.name = name
    self.counts = counts
    self.settings = settings
    self.nextDue = nextDue
  }

  /// Whether nothing is claimed from the queue at `now`.
  public func isPaused(at now: Timestamp) -> Bool { settings.pause?.holds(at: now) ?? false }
}

/// What a queue is set to; kept in the store.
public struct QueueSettings: Hashable, Sendable {
  /// How long claims rest.
  public enum Pause: Hashable, Sendable {
    /// Until somebody resumes the queue.
    case indefinite
    /// Until a moment.
    case until(Timestamp)

    /// Whether claims rest at `now`.
    public func holds(at now: Timestamp) -> Bool {
      switch self {
      case .indefinite: true
      case .until(let end): now < end
      }
    }
  }

  /// Set while the queue is paused.
  public var pause: Pause?

  /// Nothing is set.
  public init() {}
}
