public import QueueCore

/// Ids that try an index: short and long, at its limits, with equal beginnings, not UTF-8.
public enum SampleIDs {
  public static let all: [ItemID] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "ab", "b\n"].map { ItemID($0)! }
    + [
      bytes([0xff]), bytes([0xff, 0xfe]), bytes([0xc3]),
      long(506, "p"), long(507, "p"), long(507, "q"), long(508, "p"), long(511, "p"),
      long(700, "p"), long(700, "q"), long(2_000, "p"), long(2_000, "q"),
    ]

  /// `count` bytes, all but the last of them `x`.
  public static func long(_ count: Int, _ last: Character) -> ItemID {
    ItemID(String(repeating: "x", count: count - 1) + String(last))!
  }

  public static func bytes(_ bytes: [UInt8]) -> ItemID { ItemID(bytes)! }

  /// Bytes that tell payloads apart.
  public static func payload(_ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) }
  }
}
