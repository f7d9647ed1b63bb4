/// What an item takes along through all its states: what has happened to it so far, each kind of event counted
/// apart, and its group.
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

  /// Nothing has happened yet.
  public init(group: UInt32 = 0) { self.group = group }

  /// Whether nothing has happened yet.
  public var isClear: Bool { self == Tally(group: group) }

  /// A tally from its five counts.
  public init(
    attempts: UInt32, crashes: UInt32, timeouts: UInt32, deferrals: UInt32, losses: UInt32,
    group: UInt32 = 0
  ) {
    self.attempts = attempts
    self.crashes = crashes
    self.timeouts = timeouts
    self.deferrals = deferrals
    self.losses = losses
    self.group = group
  }
}
