/// What an item takes along through all its states: what has happened to it so far, each kind of event counted
/// apart, its group and its batch.
public struct Tally: Hashable, Sendable {
  /// Runs that count against the limit of attempts, the successful one included.
  public var attempts: UInt32 = 0
  /// Attempts that a signal ended.
  public var crashes: UInt32 = 0
  /// Attempts that ran past their time-out.
  public var timeouts: UInt32 = 0
  /// Runs that asked to be tried later.
  public var deferrals: UInt32 = 0
  /// Started runs whose worker died.
  public var losses: UInt32 = 0

  /// The number of its group in its queue, for life; 0: it has none.
  public var group: UInt32 = 0

  /// The number of its batch in its store, for life; 0: it has none.
  public var batch: UInt32 = 0

  /// Nothing has happened yet.
  public init(group: UInt32 = 0, batch: UInt32 = 0) { (self.group, self.batch) = (group, batch) }

  /// Nothing has happened yet to an item of the same group and batch.
  public var cleared: Tally { Tally(group: group, batch: batch) }

  /// Whether nothing has happened yet.
  public var isClear: Bool { self == cleared }

  /// A tally from its five counts.
  public init(
    attempts: UInt32, crashes: UInt32, timeouts: UInt32, deferrals: UInt32, losses: UInt32,
    group: UInt32 = 0, batch: UInt32 = 0
  ) {
    self.attempts = attempts
    self.crashes = crashes
    self.timeouts = timeouts
    self.deferrals = deferrals
    self.losses = losses
    self.group = group
    self.batch = batch
  }
}
