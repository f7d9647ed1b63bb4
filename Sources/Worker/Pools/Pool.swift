/// Values of one kind, each of which one handler holds alone: `gpu=0,1`.
package struct Pool: Equatable, Sendable {
  /// The most values, and the longest one in bytes.
  package static let mostValues = 100_000
  package static let longestValue = 4_096

  /// At most 32 letters, digits and `_`, a letter first.
  package let name: String
  /// At least one. One that is there twice is for two at once.
  package let values: [[UInt8]]

  /// A pool; nil when the name, or a value, is none.
  package init?(name: String, values: [[UInt8]]) {
    guard Self.isName(name), 1...Self.mostValues ~= values.count,
      values.allSatisfy({ !$0.isEmpty && $0.count <= Self.longestValue && !$0.contains(0) })
    else { return nil }
    (self.name, self.values) = (name, values)
  }

  /// Whether a pool can be called so.
  package static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 32, isLetter(first) else { return false }
    return bytes.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || $0 &- 48 < 10 }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

  /// The variable in which a handler finds its value.
  package var variable: String { "Q_POOL_" + name.uppercased() }
}
