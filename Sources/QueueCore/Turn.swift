/// What a worker hands over and asks for in one transaction: settlements first, then claims.
///
/// Everything that happened meanwhile shares one durable commit.
public struct Turn: Sendable {
  /// No turn claims more items than this, nor makes more delayed items pending.
  public static let maximumItems = 4_000

  /// The queue to claim from.
  public var queue: QueueName
  /// Who claims and settles.
  public var worker: WorkerID
  /// The claims that ended; any queue.
  public var settlements: [Settlement] = []
  /// How many items to claim at most.
  public var wanted: Int = 0
  /// Claiming stops once the claimed payloads have this many bytes; the first item is always taken.
  public var payloadBudget: Int = 64 << 20
  /// Whether the claims are to have their payloads.
  public var withPayloads = true
  /// How fast to claim; nil: as fast as the queue's settings say.
  public var rate: Rate?
  /// Nothing more is claimed from the queue before this moment, unless it rests for longer anyway.
  public var pause: Timestamp?
  /// From now on the ends of the queue are numbered, with what their items gave back.
  public var collects = false
  /// By what recipe the items ended that this settles.
  public var recipe: Recipe?
  /// What each claim reserves until it ends.
  public var reserve: Amounts = [:]

  /// A turn that settles and claims nothing yet.
  public init(queue: QueueName, worker: WorkerID) {
    self.queue = queue
    self.worker = worker
  }
}

/// The end of one claim.
public struct Settlement: Hashable, Sendable {
  /// Which claim.
  public var token: Token
  /// How it ended.
  public var outcome: Outcome
  /// What is kept of the run.
  public var run: RunSummary
  /// When to try again and when to give up: what the worker went by when the run ended, so that
  /// whatever it has done by then (``Transition/isEnd(_:after:policy:)``) holds.
  public var policy: RetryPolicy
  /// In 0..<1: spreads a retry within its back-off.
  public var jitter: Double
  /// What the run wrote, to be kept with the item; nil: nothing, and what was kept of its earlier
  /// runs goes.
  public var output: KeptOutput?
  /// What comes if this makes the item done; see ``Emission``.
  public var emitted: [Emission]
  /// Nothing more of the item's group is claimed before this moment, unless it rests for longer anyway; of the
  /// queue where the item has no group.
  public var rest: Timestamp?
  /// What the run has spent; booked whatever the outcome, also when the item was removed meanwhile.
  public var spent: Amounts
  /// What the item gave back; kept if this makes it done.
  public var result: ItemResult?

  /// The end of one claim.
  public init(
    token: Token, outcome: Outcome, run: RunSummary, policy: RetryPolicy, jitter: Double,
    output: KeptOutput? = nil, emitted: [Emission] = [], rest: Timestamp? = nil,
    spent: Amounts = [:], result: ItemResult? = nil
  ) {
    self.token = token
    self.outcome = outcome
    self.run = run
    self.policy = policy
    self.jitter = jitter
    self.output = output
    self.emitted = emitted
    self.rest = rest
    (self.spent, self.result) = (spent, result)
  }
}

/// What came of one settlement.
public enum Settled: Hashable, Sendable {
  /// The item is now in this state.
  case moved(ItemState)
  /// The token was not current: nothing was changed, but a run that was revoked is known to have
  /// ended.
  case stale
}

/// What a turn gives back, all of one snapshot.
public struct TurnResult: Sendable {
  /// One for each settlement, in order.
  public var settled: [Settled]
  /// What came of what they emitted.
  public var emitted: EnqueueResult
  /// The claimed items, in the order of their keys; where the queue has groups, in that of their turns.
  public var claims: [Claim]
  /// The queue after the turn; nil when the store has no such queue.
  public var summary: QueueSummary?
  /// The worker's claims whose items were removed while it had them: their runs are to be ended and
  /// settled. Named in every turn until they are.
  public var revoked: [Token]
  /// When all of this happened, by the store's clock.
  public var now: Timestamp
  /// What ``QueueStore/revision`` is as long as nobody has committed anything after this turn.
  public var revision: UInt64

  /// What a turn gives back.
  public init(
    settled: [Settled], emitted: EnqueueResult = EnqueueResult(enqueued: 0, duplicates: 0),
    claims: [Claim], summary: QueueSummary?, revoked: [Token], now: Timestamp,
    revision: UInt64
  ) {
    self.settled = settled
    self.emitted = emitted
    self.claims = claims
    self.summary = summary
    self.revoked = revoked
    self.now = now
    self.revision = revision
  }
}
