/// Sees whether workers and their runs live: by kernel locks and processes, never by a clock.
public protocol LivenessObserver {
  /// Whether the worker lives. Asked first, and again inside the transaction that takes its claims.
  func isAlive(_ worker: WorkerRecord) -> Bool

  /// What is left of the runs of a worker that is dead, one for each token, revoked ones among them.
  /// It may end what it sees. Asked outside any transaction: nobody waits for it.
  func observe(_ runs: [Token], of worker: WorkerRecord) -> [RunObservation]
}

/// What was seen of a dead worker's run.
public enum RunObservation: Hashable, Sendable {
  /// Nothing of it lives.
  case ended(LostRun)
  /// Something lives and has been told to end: look again in a moment.
  case ending
  /// Something lives that may not be ended, or it cannot be seen whether something does.
  case orphaned
}

/// What came of a recovery.
public struct Recovery: Hashable, Sendable {
  /// Claims taken back.
  public var recovered: Int = 0
  /// Of those in the recovering worker's own queue, items that failed for good as poison.
  public var poisoned: Int = 0
  /// Claims whose run is about to end: recover again in a moment.
  public var ending: Int = 0
  /// Claims that stay blocked.
  public var orphaned: Int = 0

  /// Nothing was found.
  public init() {}

  /// Adds what came of another.
  public static func += (sum: inout Recovery, other: Recovery) {
    sum.recovered += other.recovered
    sum.poisoned += other.poisoned
    sum.ending += other.ending
    sum.orphaned += other.orphaned
  }
}

/// A run of a dead worker, and what was seen of it.
public struct SeenRun: Hashable, Sendable {
  /// Whose run.
  public var token: Token
  /// What was seen.
  public var observation: RunObservation

  /// What was seen of a run.
  public init(token: Token, is observation: RunObservation) {
    (self.token, self.observation) = (token, observation)
  }
}
