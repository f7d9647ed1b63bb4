/// What can be said of a queue at a glance, in time that does not depend on its size.
public struct QueueSummary: Hashable, Sendable {
  /// The queue's number; a queue that is removed and made anew has another one.
  public var number: UInt32
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
  /// Runs of removed items that have not ended as far as is known: their ids are not claimed.
  public var revoked: Int
  /// What feeds the queue.
  public var upstream: Upstream
  /// When the first lease of the store ends, of whatever queue; nil when there is none.
  public var nextExpiry: Timestamp?
  /// Whose turn it is; nil when the queue never had a group.
  public var turns: GroupTurns?
  /// The batches that items of it await; nil when none does.
  public var awaited: AwaitedBatches?
  /// The units that have a limit or a rate, in the order of their names.
  public var budgets: [BudgetSummary]
  /// Ids that are known of pruned items alone.
  public var pruned: UInt64

  /// A summary.
  public init(
    number: UInt32, name: QueueName, counts: Counts, settings: QueueSettings, nextDue: Timestamp?,
    nextStart: Timestamp? = nil, revoked: Int = 0, nextExpiry: Timestamp? = nil,
    upstream: Upstream = Upstream(), turns: GroupTurns? = nil, awaited: AwaitedBatches? = nil,
    budgets: [BudgetSummary] = [], pruned: UInt64 = 0
  ) {
    self.number = number
    self.name = name
    self.counts = counts
    self.settings = settings
    self.nextDue = nextDue
    self.nextStart = nextStart
    self.revoked = revoked
    self.nextExpiry = nextExpiry
    self.upstream = upstream
    self.turns = turns
    self.awaited = awaited
    (self.budgets, self.pruned) = (budgets, pruned)
  }

  /// Whether there is something to claim at `now`, paused or not.
  public func hasItems(at now: Timestamp) -> Bool {
    hasPending(at: now) || nextDue.map { $0 <= now } ?? false || awaited?.isOver ?? false
  }

  /// Whether something is pending that no group keeps from being claimed at `now`.
  private func hasPending(at now: Timestamp) -> Bool {
    guard let turns else { return counts.pending > 0 }
    return turns.isReady || turns.next.map { $0 <= now } ?? false
  }

  /// Whether something is pending that can be claimed without the end of something that is processed: now, or when
  /// groups have rested.
  public var hasWaiting: Bool {
    guard let turns else { return counts.pending > 0 }
    return turns.isReady || turns.next != nil
  }

  /// Whether a lease is to be ended at `now`: the item may be one of this queue.
  public func hasExpired(at now: Timestamp) -> Bool { nextExpiry.map { $0 <= now } ?? false }

  /// Whether nothing is claimed from the queue at `now`.
  public func isPaused(at now: Timestamp) -> Bool { settings.pause?.holds(at: now) ?? false }
}
