/// What an item gave back that is done.
public struct ItemResult: Hashable, Sendable {
  /// What the bytes are.
  public enum Form: UInt8, Sendable {
    /// What a handler wrote, as it wrote it.
    case bytes = 0
    /// Text, as a string of JSON gave it.
    case text = 1
    /// Any other value of JSON, as it stood there.
    case json = 2
  }

  /// The largest, in bytes.
  public static let maximumLength = 16 << 20

  /// What the bytes are.
  public var form: Form
  /// The result.
  public var bytes: [UInt8]

  /// A result.
  public init(_ bytes: [UInt8], form: Form = .bytes) { (self.form, self.bytes) = (form, bytes) }
}

/// The end of an item, in the order of the ends of its queue.
public struct ItemEnd: Hashable, Sendable {
  /// Its number, from 1; never given twice in a queue, and none is less than that of an earlier end.
  public var number: UInt64
  /// Done or failed.
  public var status: Status
  /// What the item gave back; nil when nothing was collected.
  public var result: ItemResult?
  /// The item, where it was asked for.
  public var item: Item?

  /// An end.
  public init(number: UInt64, status: Status, result: ItemResult?, item: Item? = nil) {
    (self.number, self.status, self.result, self.item) = (number, status, result, item)
  }
}

/// Which ends are asked for.
public struct EndRequest: Hashable, Sendable {
  /// Those behind this number.
  public var after: UInt64
  /// At most so many.
  public var limit: Int = 1_000
  /// No more once their results have so many bytes; the first comes in any case.
  public var bytes: Int = 4 << 20
  /// Whether the ends are to have their items.
  public var withItems = false

  /// Asks for what comes behind an end.
  public init(after: UInt64) { self.after = after }
}

/// Who remembers how far the ends of a queue were read. Named as queues are.
public struct ReaderName: Hashable, Sendable, CustomStringConvertible {
  /// The name's text.
  public let text: String

  /// A reader; nil when `text` does not have the form of a name.
  public init?(_ text: String) {
    guard QueueName.isName(text) else { return nil }
    self.text = text
  }

  /// The name's text.
  public var description: String { text }
}
