/// What names a batch of a store: items, of any queues, whose common end can be waited for.
public struct BatchName: GivenName {
  /// The name.
  public let bytes: [UInt8]

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
