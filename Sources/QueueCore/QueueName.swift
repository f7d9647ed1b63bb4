/// The name of a queue: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}`.
public struct QueueName: Hashable, Sendable, CustomStringConvertible {
  /// The queue that is meant when none is named.
  public static let `default` = QueueName(unchecked: "default")

  /// The longest name, in bytes.
  public static let maximumLength = 64

  /// The name's text.
  public let text: String

  /// A queue name; nil when `text` does not have the form of one.
  public init?(_ text: String) {
    guard Self.isName(text) else { return nil }
    self.text = text
  }

  /// A name that an engine has checked when it stored it.
  public init(unchecked text: String) { self.text = text }

  /// The name's text.
  public var description: String { text }

  /// Whether text has the form that is above.
  static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...maximumLength).contains(bytes.count), let first = bytes.first else { return false }
    return bytes.allSatisfy(isAllowed) && first != UInt8(ascii: ".") && first != UInt8(ascii: "-")
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
