/// What names a group of a queue: a host, a tenant, a model. Limits hold for its items together.
public struct GroupName: GivenName {
  /// The name.
  public let bytes: [UInt8]

  /// A name that was checked before.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// What one group is set to.
public struct GroupSettings: Hashable, Sendable {
  /// Items of it that may be claimed at once; nil: as many as ``QueueSettings/groupLimit`` says.
  public var limit: UInt32?
  /// How fast its items may be claimed; nil: as ``QueueSettings/groupRate`` says.
  public var rate: Rate?

  /// Nothing is set.
  public init() {}

  /// What is set here, and what the queue says of all groups where nothing is.
  public func filled(from queue: QueueSettings) -> GroupSettings {
    var filled = self
    filled.limit = limit ?? queue.groupLimit
    filled.rate = rate ?? queue.groupRate
    return filled
  }
}

/// What can be said of a group at a glance.
public struct GroupSummary: Hashable, Sendable {
  /// Its number in its queue, from 1; 0: the items without a group.
  public var number: UInt32
  /// Its name; nil for the items without a group.
  public var name: GroupName?
  /// How many items of it are in each status; nothing else is counted.
  public var counts: Counts
  /// Runs of it that count against its limit: what is claimed, and removed items whose runs have not ended.
  public var running: UInt64
  /// What it is set to itself.
  public var settings: GroupSettings
  /// Until when it rests; nil: it has not been told to.
  public var restUntil: Timestamp?
  /// What its rate goes on from; nil when nothing was claimed at one.
  public var nextStart: Timestamp?

  /// A group.
  public init(
    number: UInt32, name: GroupName?, counts: Counts, running: UInt64, settings: GroupSettings,
    restUntil: Timestamp? = nil, nextStart: Timestamp? = nil
  ) {
    (self.number, self.name, self.counts, self.running) = (number, name, counts, running)
    (self.settings, self.restUntil, self.nextStart) = (settings, restUntil, nextStart)
  }

  /// Until when nothing of it is claimed, as it rests or goes at a rate; nil when nothing keeps it.
  public func opening(_ queue: QueueSettings, now: Timestamp) -> Timestamp? {
    var opening = restUntil
    if number != 0, let rate = settings.filled(from: queue).rate {
      let next = rate.opening(after: nextStart, now: now)
      opening = max(opening ?? next, next)
    }
    return opening.flatMap { $0 > now ? $0 : nil }
  }

  /// Whether it has as many runs as it may.
  public func isFull(_ queue: QueueSettings) -> Bool {
    number != 0 && settings.filled(from: queue).limit.map { running >= UInt64($0) } ?? false
  }
}

/// The groups of a queue that have something pending, at a glance.
public struct GroupTurns: Hashable, Sendable {
  /// One of them may have an item claimed now.
  public var isReady: Bool
  /// When the first of those may that rest or go at a rate; nil when none does.
  public var next: Timestamp?

  /// The groups at a glance.
  public init(isReady: Bool, next: Timestamp?) { (self.isReady, self.next) = (isReady, next) }
}
