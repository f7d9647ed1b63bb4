/// An item's place in the order of work: queue, then priority, then order of arrival.
///
/// 12 bytes, big-endian, so that the bytes sort as the fields do:
/// queue number (4), priority (1), sequence (7). Given at enqueue, kept for life.
public struct ItemKey: Hashable, Comparable, Sendable {
  /// The length of the encoded key, in bytes.
  public static let length = 12
  /// The largest sequence: 2^56 - 1.
  public static let maximumSequence: UInt64 = (1 << 56) - 1

  /// The number of the item's queue.
  public let queue: UInt32
  /// Priority and sequence as one number: what orders items within a queue.
  public let rank: UInt64

  /// The key of an item; `sequence` is at most ``maximumSequence``.
  public init(queue: UInt32, priority: UInt8, sequence: UInt64) {
    self.init(queue: queue, rank: UInt64(priority) << 56 | (sequence & Self.maximumSequence))
  }

  /// The key from a queue number and a ``rank``.
  public init(queue: UInt32, rank: UInt64) {
    self.queue = queue
    self.rank = rank
  }

  /// 0 is the most urgent, 128 the default.
  public var priority: UInt8 { UInt8(truncatingIfNeeded: rank >> 56) }
  /// The order of arrival within queue and priority.
  public var sequence: UInt64 { rank & Self.maximumSequence }

  /// Whether `lhs` is claimed before `rhs`.
  public static func < (lhs: ItemKey, rhs: ItemKey) -> Bool {
    (lhs.queue, lhs.rank) < (rhs.queue, rhs.rank)
  }
}
