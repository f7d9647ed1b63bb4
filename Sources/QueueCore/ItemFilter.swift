/// Which items of a status are meant.
public struct ItemFilter: Hashable, Sendable {
  /// Those that ended before this end.
  public var endedBefore: EndMark?
  /// Those of a group.
  public var group: GroupName?
  /// Those of a batch.
  public var batch: BatchName?
  /// Those that have not ended by this recipe.
  public var notBy: Recipe?
  /// Those whose ends every reader of the queue has read.
  public var isRead = false

  /// All of them.
  public init() {}

  /// Whether all are meant.
  public var isEmpty: Bool { self == ItemFilter() }
}

/// A place in the order in which items ended.
public struct EndMark: Hashable, Sendable, Comparable {
  /// When.
  public var moment: Timestamp
  /// The item's place among those that ended at that moment.
  public var rank: UInt64

  /// The place of an item; before all that ended at that moment if there is none.
  public init(_ moment: Timestamp, rank: UInt64 = 0) { (self.moment, self.rank) = (moment, rank) }

  /// By the moment, then by the order of work.
  public static func < (one: EndMark, other: EndMark) -> Bool {
    (one.moment, one.rank) < (other.moment, other.rank)
  }
}

/// What names the way in which a worker handles items: a version, a command line, a fingerprint of both. Kept with
/// each end; text of 1 to 1,000 bytes without NUL and line breaks.
public struct Recipe: Hashable, Sendable, CustomStringConvertible {
  /// The longest, in bytes.
  public static let maximumLength = 1_000

  /// The text.
  public let text: String

  /// A recipe; nil when `text` is none.
  public init?(_ text: String) {
    guard 1...Self.maximumLength ~= text.utf8.count,
      !text.utf8.contains(where: { $0 == 0 || $0 == 0x0a || $0 == 0x0d })
    else { return nil }
    self.text = text
  }

  /// The text.
  public var description: String { text }
}

/// A part of what was forgotten of pruned items.
public struct ForgetPage: Hashable, Sendable {
  /// How many ids were forgotten.
  public var forgotten: Int
  /// Where the next part begins; nil when this was the last.
  public var next: [UInt8]?

  /// A part.
  public init(forgotten: Int, next: [UInt8]?) { (self.forgotten, self.next) = (forgotten, next) }
}
