/// A process, told apart from every other one that has had or will have its number.
public struct ProcessIdentity: Hashable, Sendable {
  /// The process number.
  public var pid: Int32
  /// When it started, in clock ticks since boot.
  public var startTicks: UInt64
  /// The kernel's random name of this boot.
  public var bootID: String
  /// The inode of its PID namespace: process numbers and LMDB's locks mean nothing outside it.
  public var pidNamespace: UInt64

  /// A process.
  public init(pid: Int32, startTicks: UInt64, bootID: String, pidNamespace: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
    self.bootID = bootID
    self.pidNamespace = pidNamespace
  }
}

/// A registered worker.
public struct WorkerRecord: Hashable, Sendable {
  /// Its name in the store.
  public var id: WorkerID
  /// The process that it is.
  public var process: ProcessIdentity
  /// Since when.
  public var registeredAt: Timestamp
  /// What it was told itself; goes before what its queue is set to, also when others take back what
  /// it held.
  public var given: QueueSettings

  /// A registered worker.
  public init(
    id: WorkerID, process: ProcessIdentity, registeredAt: Timestamp,
    given: QueueSettings = QueueSettings()
  ) {
    self.id = id
    self.process = process
    self.registeredAt = registeredAt
    self.given = given
  }
}

/// Sees whether workers and their runs live: by kernel locks and processes, never by a clock.
public protocol LivenessObserver {
  /// Whether the worker lives. Asked first, inside the transaction that would recover its claims.
  func isAlive(_ worker: WorkerRecord) -> Bool

  /// What is left of the runs of a worker that is dead, one for each token, revoked ones among them.
  /// It may end what it sees.
  func observe(_ runs: [Token], of worker: WorkerRecord) -> [RunObservation]
}

/// What was seen of a dead worker's run.
public enum RunObservation: Hashable, Sendable {
  /// Nothing of it lives; `started` when the handler had begun to run in this boot and the worker
  /// had not been asked to end: then the item may have to do with the worker's death.
  case ended(started: Bool)
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
}
