/// All that an engine knows of where an item stands. What each case may become is in ``Transition``.
public enum ItemState: Hashable, Sendable {
  /// Waiting to be claimed, in the order of the keys.
  case pending(Tally)
  /// Waiting for a moment.
  case delayed(Delay)
  /// Claimed.
  case processing(Hold)
  /// Ended well.
  case done(Ending)
  /// Ended for good without success.
  case failed(Ending)

  /// The status, without what goes with it.
  public var status: Status {
    switch self {
    case .pending: .pending
    case .delayed: .delayed
    case .processing: .processing
    case .done: .done
    case .failed: .failed
    }
  }

  /// How the item ended; nil when it has not.
  public var ending: Ending? {
    switch self {
    case .done(let ending), .failed(let ending): ending
    case .pending, .delayed, .processing: nil
    }
  }

  /// When the last run began that has ended; nil when none is known.
  public var lastStart: Timestamp? {
    switch self {
    case .pending, .processing: nil
    case .delayed(let delay): delay.lastRun?.startedAt
    case .done(let ending), .failed(let ending): ending.run.startedAt
    }
  }

  /// What the item awaits; empty where it does not wait for batches.
  public var awaited: [Awaited] { if case .delayed(let delay) = self { delay.awaited } else { [] } }

  /// What has happened to the item so far.
  public var tally: Tally {
    switch self {
    case .pending(let tally): tally
    case .delayed(let delay): delay.tally
    case .processing(let hold): hold.tally
    case .done(let ending), .failed(let ending): ending.tally
    }
  }
}

/// Why and until when an item waits.
public struct Delay: Hashable, Sendable {
  /// Why an item waits.
  public enum Reason: UInt8, Sendable {
    /// It was enqueued with `--delay`.
    case scheduled = 0
    /// An attempt failed.
    case backoff = 1
    /// The handler asked for it.
    case deferred = 2
    /// It was enqueued to wait for batches.
    case awaiting = 3
  }

  /// What has happened to the item so far.
  public var tally: Tally
  /// When it becomes pending; of one that awaits batches, when it does at the earliest.
  public var until: Timestamp
  /// Why it waits.
  public var reason: Reason
  /// The run that led here; nil when there was none.
  public var lastRun: RunSummary?
  /// What it awaits, each once; never empty where that is the reason, and empty otherwise.
  public var awaited: [Awaited]

  /// A wait.
  public init(
    tally: Tally, until: Timestamp, reason: Reason, lastRun: RunSummary?, awaited: [Awaited] = []
  ) {
    self.tally = tally
    self.until = until
    self.reason = reason
    self.lastRun = lastRun
    self.awaited = awaited
  }
}

/// Somebody's hold on an item.
public struct Hold: Hashable, Sendable {
  /// What had happened to the item before this claim.
  public var tally: Tally
  /// The number of the claim's token.
  public var token: UInt64
  /// Who holds it.
  public var holder: Holder
  /// Since when.
  public var since: Timestamp
  /// Whether the worker is dead and what is left of the run can be neither trusted to be over nor ended.
  public var orphaned: Bool
  /// Whether the item is pending again when this ends, however it does: it has another payload since.
  public var repeats: Bool

  /// A hold.
  public init(
    tally: Tally, token: UInt64, holder: Holder, since: Timestamp, orphaned: Bool = false,
    repeats: Bool = false
  ) {
    self.tally = tally
    self.token = token
    self.holder = holder
    self.since = since
    self.orphaned = orphaned
    self.repeats = repeats
  }
}

/// How an item ended.
public struct Ending: Hashable, Sendable {
  /// What brought the end.
  public enum Reason: UInt8, Sendable {
    /// A run succeeded.
    case succeeded = 0
    /// An attempt failed, and it was the last one allowed or said that it is final.
    case failed = 1
    /// A signal ended the last allowed attempt.
    case crashed = 2
    /// The last allowed attempt timed out.
    case timedOut = 3
    /// It asked for another deferral than the policy allows.
    case deferredTooOften = 4
    /// Too many workers died while they ran it.
    case poison = 5
  }

  /// What has happened to the item.
  public var tally: Tally
  /// What brought the end.
  public var reason: Reason
  /// The last run.
  public var run: RunSummary

  /// An ending.
  public init(tally: Tally, reason: Reason, run: RunSummary) {
    self.tally = tally
    self.reason = reason
    self.run = run
  }
}
