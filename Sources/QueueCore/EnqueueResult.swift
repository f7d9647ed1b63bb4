/// What came of an enqueue.
public struct EnqueueResult: Hashable, Sendable {
  /// Items that are new.
  public var enqueued: Int
  /// Items that the queue had already, or that came twice.
  public var duplicates: Int
  /// Items that the queue had already, and that are pending again, or will be when their claims end.
  public var requeued = 0
  /// Those that it has with another payload, which was refused; in the order in which they came.
  public var refused: [ItemID] = []

  /// Adds what came of another.
  public static func += (sum: inout EnqueueResult, other: EnqueueResult) {
    sum.enqueued += other.enqueued
    sum.duplicates += other.duplicates
    sum.requeued += other.requeued
    sum.refused += other.refused
  }

  /// What came of an enqueue.
  public init(enqueued: Int, duplicates: Int) {
    self.enqueued = enqueued
    self.duplicates = duplicates
  }
}
