/// What amounts are of: `usd`, `tokens`. Named as queues are: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}`.
public struct UnitName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name's text.
  public let text: String

  /// A unit; nil when `text` does not have the form of one.
  public init?(_ text: String) {
    guard QueueName.isName(text) else { return nil }
    self.text = text
  }

  /// A unit whose name was checked before.
  public init(unchecked text: String) { self.text = text }

  /// The name's text.
  public var description: String { text }

  /// Whether `lhs` comes before, by the bytes of the names.
  public static func < (lhs: UnitName, rhs: UnitName) -> Bool {
    lhs.text.utf8.lexicographicallyPrecedes(rhs.text.utf8)
  }
}
