/// What names an item in its queue: bytes, valid UTF-8 or not.
public struct ItemID: Hashable, Sendable, CustomStringConvertible {
  /// The longest id, in bytes.
  public static let maximumLength = 65_535

  /// The bytes, as they came in and as they go out.
  public let bytes: [UInt8]

  /// An id of these bytes; nil when they are empty, contain NUL or are over ``maximumLength``.
  public init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count <= Self.maximumLength, !bytes.contains(0) else { return nil }
    self.bytes = bytes
  }

  /// An id of the string's UTF-8 bytes; nil under the same conditions as ``init(_:)-([UInt8])``.
  public init?(_ text: String) { self.init([UInt8](text.utf8)) }

  /// An id whose bytes an engine has checked when it stored them.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The id as text for people; invalid UTF-8 shows as U+FFFD.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
