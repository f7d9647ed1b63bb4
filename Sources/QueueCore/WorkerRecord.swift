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
  /// The queue that it works on; nil where that is not known.
  public var queue: QueueName?

  /// A registered worker.
  public init(
    id: WorkerID, process: ProcessIdentity, registeredAt: Timestamp,
    given: QueueSettings = QueueSettings(), queue: QueueName? = nil
  ) {
    self.id = id
    self.process = process
    self.registeredAt = registeredAt
    self.given = given
    self.queue = queue
  }
}
