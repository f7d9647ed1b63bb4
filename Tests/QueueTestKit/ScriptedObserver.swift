public import QueueCore

/// Sees what a test wants to be seen.
public struct ScriptedObserver: LivenessObserver {
  private let isDead: (WorkerID) -> Bool
  private let seen: (Token) -> RunObservation

  public init(
    isDead: @escaping (WorkerID) -> Bool, seen: @escaping (Token) -> RunObservation
  ) {
    self.isDead = isDead
    self.seen = seen
  }

  public func isAlive(_ worker: WorkerRecord) -> Bool { !isDead(worker.id) }

  public func observe(_ runs: [Token], of worker: WorkerRecord) -> [RunObservation] {
    runs.map(seen)
  }
}
