/// How a claim ends.
public enum Outcome: Hashable, Sendable {
  /// The handler did its work.
  case succeeded
  /// The handler said no; `final` when trying again is of no use.
  case failed(final: Bool)
  /// The handler asked to be tried later; nil leaves the moment to the policy. Uses no attempt.
  case deferred(for: Duration?)
  /// A signal ended the handler.
  case crashed
  /// The handler ran past its time-out.
  case timedOut
  /// The worker died. Uses no attempt.
  case lost(LostRun)
  /// The item was given back unharmed. Uses no attempt.
  case released
}

/// How far a run had come whose worker died.
public enum LostRun: Hashable, Sendable {
  /// It had begun to run in this boot, and its worker had not been asked to end: the item may have to do with
  /// the worker's death.
  case charged
  /// It had begun, or may have, and the item is not to blame.
  case excused
  /// It had not begun.
  case unbegun
}

/// How a handler's process ended.
public enum RunExit: Hashable, Sendable {
  /// It exited with this status, 0 to 255.
  case exited(UInt8)
  /// This signal killed it.
  case signalled(UInt8)
  /// It could not be started; the number is the `errno` of exec.
  case notStarted(Int32)
}

/// What is kept of a run.
public struct RunSummary: Hashable, Sendable {
  /// The longest ``message`` that is kept, in bytes.
  public static let maximumMessage = 4_096

  /// How the process ended; nil when that is not known (its worker died).
  public var exit: RunExit?
  /// When the handler was started.
  public var startedAt: Timestamp
  /// When it ended, or was found to have ended.
  public var endedAt: Timestamp
  /// Why it failed: the last lines of its stderr, or a note; at most ``maximumMessage`` bytes.
  public var message: [UInt8]

  /// What is kept of a run; a longer message keeps its last ``maximumMessage`` bytes.
  public init(
    exit: RunExit?, startedAt: Timestamp, endedAt: Timestamp, message: [UInt8]
  ) {
    self.exit = exit
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.message =
      message.count <= Self.maximumMessage
      ? message : Array(message.suffix(Self.maximumMessage))
  }
}
