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
  /// When to try again and when to give up.
  public var policy: RetryPolicy
  /// How fast to claim; nil: as fast as the queue's settings say.
  public var rate: Rate?
  /// Nothing more is claimed from the queue before this moment, unless it rests for longer anyway.
  public var pause: Timestamp?
  /// The moment at which all of this happens.
  public var now: Timestamp

  /// A turn that settles and claims nothing yet.
  public init(queue: QueueName, worker: WorkerID, policy: RetryPolicy, now: Timestamp) {
    self.queue = queue
    self.worker = worker
    self.policy = policy
    self.now = now
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
  /// In 0..<1: spreads a retry within its back-off.
  public var jitter: Double
  /// What the run wrote, to be kept with the item; nil: nothing, and what was kept of its earlier
  /// runs goes.
  public var output: KeptOutput?

  /// The end of one claim.
  public init(
    token: Token, outcome: Outcome, run: RunSummary, jitter: Double, output: KeptOutput? = nil
  ) {
    self.token = token
    self.outcome = outcome
    self.run = run
    self.jitter = jitter
    self.output = output
  }
}

/// What came of one settlement.
public enum Settled: Hashable, Sendable {
  /// The item is now in this state.
  case moved(ItemState)
  /// The token was not current: nothing was changed.
  case stale
}

/// What a turn gives back, all of one snapshot.
public struct TurnResult: Sendable {
  /// One for each settlement, in order.
  public var settled: [Settled]
  /// The claimed items, in the order of their keys.
  public var claims: [Claim]
  /// The queue after the turn; nil when the store has no such queue.
  public var summary: QueueSummary?

  /// What a turn gives back.
  public init(settled: [Settled], claims: [Claim], summary: QueueSummary?) {
    self.settled = settled
    self.claims = claims
    self.summary = summary
  }
}
