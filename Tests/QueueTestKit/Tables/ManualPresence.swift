public import QueueCore

/// Who is there, as a test says.
public final class ManualPresence: Presence {
  public var place: (UInt64, UInt64) = (1, 1)
  /// Who lives, and where nobody may join it.
  public var strangers: Set<WorkerID> = []
  /// Who runs though its locks are gone.
  public var running: Set<WorkerID> = []
  public var isAnybodyThere = false

  public init() {}

  public func mark() throws(StoreError) -> (UInt64, UInt64) { place }

  public func join(_ workers: [WorkerRecord]) throws(StoreError) {
    if workers.contains(where: { strangers.contains($0.id) }) {
      throw StoreError(.unusable, "a worker lives elsewhere")
    }
  }

  public func replaceLocks(of workers: [WorkerRecord]) throws(StoreError) {
    if workers.contains(where: { running.contains($0.id) }) {
      throw StoreError(.unusable, "a worker runs, and its locks are gone")
    }
  }

  public func refuseLife() throws(StoreError) {
    if isAnybodyThere { throw StoreError(.busy, "somebody is there") }
  }
}
