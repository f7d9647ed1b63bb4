/// Who is there: what an engine knows of the workers of its store beside what stands in it.
public protocol Presence: AnyObject {
  /// What the locks are known by that show who lives: two numbers. A copy of the store has others.
  func mark() throws(StoreError) -> (UInt64, UInt64)

  /// Throws `.unusable` when one of these workers lives where this process must not join it.
  func join(_ workers: [WorkerRecord]) throws(StoreError)

  /// The locks by which these workers were seen to live are gone. Throws `.unusable` when one of them
  /// runs all the same.
  func replaceLocks(of workers: [WorkerRecord]) throws(StoreError)

  /// A worker is about to be registered, in the transaction that does it.
  func admit(_ worker: WorkerID) throws(StoreError)

  /// A worker is registered. What this throws ends its process, so that others see it dead.
  func entered(_ worker: WorkerID, for queue: QueueName?) throws(StoreError)

  /// A worker is about to sign off: it claims nothing any more, and nothing of it runs.
  func leaving(_ worker: WorkerID)

  /// A worker has signed off.
  func left(_ worker: WorkerID)

  /// Throws `.busy` while a worker, or something that one has started, lives.
  func refuseLife() throws(StoreError)
}

extension Presence {
  /// Its lock shows that it is there.
  public func admit(_ worker: WorkerID) throws(StoreError) {}
  /// Nobody has to watch over it.
  public func entered(_ worker: WorkerID, for queue: QueueName?) throws(StoreError) {}
  /// Nobody minds.
  public func leaving(_ worker: WorkerID) {}
  /// Its lock goes.
  public func left(_ worker: WorkerID) {}
}
