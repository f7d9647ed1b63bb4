/// What a queue is set to; kept in the store, and used by every worker that is told nothing else.
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

  /// Lets claims rest until `moment`, unless they do for longer.
  public mutating func rest(until moment: Timestamp) {
    switch pause {
    case .indefinite?: break
    case .until(let end)? where end >= moment: break
    case .until?, nil: pause = .until(moment)
    }
  }

  /// Set while the queue is paused.
  public var pause: Pause?
  /// Attempts before an item fails for good; 1 or more.
  public var maximumAttempts: UInt32?
  /// Losses before an item fails for good as poison; 0 sets no limit.
  public var maximumLosses: UInt32?
  /// The longest wait after the first and after any failed attempt.
  public var backoff: ClosedRange<Duration>?
  /// How long a handler may take.
  public var timeout: Duration?
  /// How many items may be claimed in what time, by all workers together.
  public var rate: Rate?
  /// Handlers at once in each worker; 1 or more.
  public var workers: UInt32?

  /// Items of one group that may be claimed at once, of each that is set to nothing else; 1 or more.
  public var groupLimit: UInt32?
  /// How many items of one group may be claimed in what time, of each that is set to nothing else.
  public var groupRate: Rate?

  /// How much of each unit may be spent, and how fast; none of them says nothing.
  public var budgets: [UnitName: Budget] = [:]

  /// How long items stay that are done; then they are pruned, a few with each commit of a worker.
  public var keep: Duration?

  /// Nothing is set.
  public init() {}

  /// What is set here, and from `other` what is not.
  public func filled(from other: QueueSettings) -> QueueSettings {
    var filled = self
    filled.pause = pause ?? other.pause
    filled.maximumAttempts = maximumAttempts ?? other.maximumAttempts
    filled.maximumLosses = maximumLosses ?? other.maximumLosses
    filled.backoff = backoff ?? other.backoff
    filled.timeout = timeout ?? other.timeout
    filled.rate = rate ?? other.rate
    filled.workers = workers ?? other.workers
    filled.groupLimit = groupLimit ?? other.groupLimit
    filled.groupRate = groupRate ?? other.groupRate
    filled.keep = keep ?? other.keep
    filled.budgets = budgets.isEmpty ? other.budgets : budgets
    return filled
  }

  /// Changes what is set for a unit.
  public mutating func change(_ unit: UnitName, _ change: (inout Budget) -> Void) {
    var budget = budgets[unit] ?? Budget()
    change(&budget)
    budgets[unit] = budget.isEmpty ? nil : budget
  }

  /// The policy with what is set in place of what it has.
  public func applied(to policy: RetryPolicy) -> RetryPolicy {
    var policy = policy
    if let maximumAttempts { policy.maximumAttempts = maximumAttempts }
    if let maximumLosses { policy.maximumLosses = maximumLosses }
    if let backoff {
      policy.backoffBase = backoff.lowerBound
      policy.backoffMaximum = backoff.upperBound
    }
    return policy
  }
}
