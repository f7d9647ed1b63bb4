/// What came of an enqueue.
public struct EnqueueResult: Hashable, Sendable {
  /// Items that are new.
  public var enqueued: Int
  /// Items that the queue had already, or that came twice.
  public var duplicates: Int

  /// Adds what came of another.
  public static func += (sum: inout EnqueueResult, other: EnqueueResult) {
    sum.enqueued += other.enqueued
    sum.duplicates += other.duplicates
  }

  /// What came of an enqueue.
  public init(enqueued: Int, duplicates: Int) {
    self.enqueued = enqueued
    self.duplicates = duplicates
  }
}
