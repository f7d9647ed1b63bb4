/// What names a batch of a store: items, of any queues, whose common end can be waited for.
///
/// 1 to 500 bytes, any but NUL and LF.
public struct BatchName: Hashable, Sendable {
  /// The longest name, in bytes.
  public static let maximumLength = 500

  /// The name.
  public let bytes: [UInt8]

  /// The batch of that name; nil when it is none.
  public init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard 1...Self.maximumLength ~= bytes.count, !bytes.contains(where: { $0 == 0 || $0 == 0x0a })
    else { return nil }
    self.bytes = bytes
  }

  /// The batch of that name; nil when it is none.
  public init?(_ text: String) { self.init(Array(text.utf8)) }

  /// A name that was checked before.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// What can be waited for of a batch.
public enum BatchEnd: UInt8, Hashable, Sendable, CaseIterable {
  /// It is sealed, and every item of it is done.
  case complete = 0
  /// It is sealed, and every item of it is done or has failed for good.
  case ended = 1
}

/// What an item awaits: one end of a batch.
public struct Prerequisite: Hashable, Sendable {
  /// The batch.
  public var batch: BatchName
  /// What of it.
  public var end: BatchEnd

  /// What an item awaits.
  public init(_ batch: BatchName, _ end: BatchEnd) { (self.batch, self.end) = (batch, end) }
}

/// The same as a store keeps it. A batch can be opened again after its end: who waited for that is not kept
/// waiting for the next one.
public struct Awaited: Hashable, Sendable {
  /// The number of the batch in its store.
  public var batch: UInt32
  /// What of it.
  public var end: BatchEnd
  /// Which of its ends of this kind, from 0.
  public var round: UInt32

  /// What an item awaits.
  public init(batch: UInt32, end: BatchEnd, round: UInt32) {
    (self.batch, self.end, self.round) = (batch, end, round)
  }
}

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
