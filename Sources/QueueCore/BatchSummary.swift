/// What can be said of a batch at a glance.
public struct BatchSummary: Hashable, Sendable {
  /// Its number in its store, from 1.
  public var number: UInt32
  /// Its name.
  public var name: BatchName
  /// How many items of it are in each status; nothing else is counted.
  public var counts: Counts
  /// Whether nothing more is enqueued into it: what fills it has ended well.
  public var isSealed: Bool
  /// How often items wait for an end of it.
  public var waiting: UInt64
  /// How many of those that have begun to fill it have not ended well.
  public var fills: Int

  /// A batch.
  public init(
    number: UInt32, name: BatchName, counts: Counts = Counts(), isSealed: Bool = false,
    waiting: UInt64 = 0, fills: Int = 0
  ) {
    (self.number, self.name, self.counts) = (number, name, counts)
    (self.isSealed, self.waiting, self.fills) = (isSealed, waiting, fills)
  }

  /// Whether it has come to this end.
  public func isOver(_ end: BatchEnd) -> Bool {
    guard isSealed, counts.unfinished == 0 else { return false }
    return end == .ended || counts.failed == 0
  }
}

/// Somebody's part in filling a batch, from its beginning until it ends well: as often as it takes.
public struct BatchFill: Hashable, Sendable {
  /// The number of the batch in its store.
  public var batch: UInt32
  /// Its own number in the batch, from 1; below 2^28.
  public var number: UInt32

  /// A filling.
  public init(batch: UInt32, number: UInt32) { (self.batch, self.number) = (batch, number) }
}

/// The batches that items of a queue await, at a glance.
public struct AwaitedBatches: Hashable, Sendable {
  /// How many are named at most.
  public static let maximumNamed = 3

  /// Items are there that wait for nothing more, and become pending with the next turn.
  public var isOver: Bool
  /// A batch has items that are not done, and a worker of another queue is registered that has something to do.
  /// Looked for only where the queue has nothing pending: it is what keeps a worker there.
  public var isWorkedOn: Bool
  /// The first of the batches, by number; under the same condition.
  public var first: [BatchSummary]

  /// Batches at a glance.
  public init(isOver: Bool, isWorkedOn: Bool = false, first: [BatchSummary] = []) {
    (self.isOver, self.isWorkedOn, self.first) = (isOver, isWorkedOn, first)
  }
}
