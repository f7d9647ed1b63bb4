/// Who is there: what an engine knows of the workers of its store beside what stands in it.
public protocol Presence: AnyObject {
  /// What the locks are known by that show who lives: two numbers. A copy of the store has others.
  func mark() throws(StoreError) -> (UInt64, UInt64)

  /// Throws `.unusable` when one of these workers lives where this process must not join it.
  func join(_ workers: [WorkerRecord]) throws(StoreError)

  /// The locks by which these workers were seen to live are gone. Throws `.unusable` when one of them
  /// runs all the same.
  func replaceLocks(of workers: [WorkerRecord]) throws(StoreError)

  /// Throws `.busy` while a worker, or something that one has started, lives.
  func refuseLife() throws(StoreError)
}
