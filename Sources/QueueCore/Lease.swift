/// What somebody asks for who is no worker: items that a lease holds for him.
public struct LeaseRequest: Hashable, Sendable {
  /// The queue to claim from.
  public var queue: QueueName
  /// How many items to claim at most; never more than ``Turn/maximumItems``.
  public var wanted: Int
  /// How long the lease holds them; longer than zero.
  public var length: Duration
  /// Ids that contain LF stay pending and are named in ``LeaseResult/passedOver``: no line can carry them.
  public var asLines = false
  /// Whether the claims are to have their payloads.
  public var withPayloads = true
  /// Claiming stops once the claimed payloads have this many bytes; the first item is always taken.
  public var payloadBudget: Int = 64 << 20
  /// What each claim reserves until it ends; counts as spent if its lease runs out.
  public var reserve: Amounts = [:]

  /// Asks for items.
  public init(queue: QueueName, wanted: Int, length: Duration) {
    (self.queue, self.wanted, self.length) = (queue, wanted, length)
  }
}

/// What a claim by lease gives back, all of one snapshot.
public struct LeaseResult: Sendable {
  /// The claimed items, in the order of their keys; where the queue has groups, in that of their turns.
  public var claims: [Claim] = []
  /// Until when the lease holds them.
  public var until: Timestamp
  /// Ids that were passed over, at most ``Turn/maximumItems``, in the order of their keys.
  public var passedOver: [ItemID] = []
  /// The queue afterwards; nil when the store has no such queue.
  public var summary: QueueSummary?
  /// When all of this happened, by the store's clock.
  public var now: Timestamp

  /// Nothing was claimed yet.
  public init(until: Timestamp, now: Timestamp) { (self.until, self.now) = (until, now) }
}

/// The end of a claim by lease. It ends by what the item's own queue is set to.
public struct LeaseSettlement: Hashable, Sendable {
  /// Which claim.
  public var token: Token
  /// How it ended: succeeded, failed, deferred or released. The others are a worker's to tell.
  public var outcome: Outcome
  /// What is kept with the item; at most ``RunSummary/maximumMessage`` bytes.
  public var note: [UInt8]
  /// In 0..<1: spreads a retry within its back-off.
  public var jitter: Double
  /// What comes if this makes the item done; see ``Emission``.
  public var emitted: [Emission]
  /// What was spent on the item meanwhile; booked whatever the outcome.
  public var spent: Amounts
  /// What the item gave back; kept if this makes it done.
  public var result: ItemResult?

  /// The end of a claim by lease.
  public init(
    token: Token, outcome: Outcome, note: [UInt8] = [], jitter: Double, emitted: [Emission] = [],
    spent: Amounts = [:], result: ItemResult? = nil
  ) {
    (self.token, self.outcome, self.note, self.jitter) = (token, outcome, note, jitter)
    (self.emitted, self.spent, self.result) = (emitted, spent, result)
  }
}

/// What came of settlements.
public struct LeaseSettled: Hashable, Sendable {
  /// One for each, in order.
  public var answers: [LeaseAnswer] = []
  /// What came of what they emitted.
  public var emitted = EnqueueResult(enqueued: 0, duplicates: 0)

  /// Nothing was settled yet.
  public init() {}
}

/// What came of one token that was to be settled or extended.
public enum LeaseAnswer: Hashable, Sendable {
  /// The item is now in this state.
  case moved(ItemState)
  /// The token is not current: it was settled, its lease ran out, or the item was removed.
  case stale
  /// A worker holds the item: only that one ends its claim. Nothing was changed.
  case ofWorker
}
