import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// How many items are entered between two looks at whether another process wants to write.
  private static let stride = 4_000

  /// Adds the items that their queue does not have yet; see ``QueueStore``.
  ///
  /// The whole batch is one transaction while nobody else wants to write. Otherwise what has been
  /// entered is committed, the others get their turn, and the rest follows.
  public func enqueue(
    _ batch: ItemBatch, to queue: QueueName, priority: UInt8, until: Timestamp?,
    onCommit: (EnqueueResult) -> Void
  ) throws(StoreError) {
    var entry = BatchEntry(batch, priority: priority, until: until)
    repeat {
      onCommit(
        try write { session in
          try entry.enter(into: queue, &session, stride: Self.stride) { engine.isWanted }
        })
    } while !entry.isComplete
  }
}
