/// Names one claim, for ever: no other claim of this store, or of another, has the same token.
///
/// As text, `NUMBER.KEY.INCARNATION` in hexadecimal: unique in the store, sufficient alone to find
/// the claim, opaque to everybody else.
public struct Token: Hashable, Sendable {
  /// A counter of the store, never reused.
  public let number: UInt64
  /// The claimed item.
  public let key: ItemKey
  /// The random number that the store was given when it was created.
  public let incarnation: UInt64

  /// The token of one claim.
  public init(number: UInt64, key: ItemKey, incarnation: UInt64) {
    self.number = number
    self.key = key
    self.incarnation = incarnation
  }

  /// The token that `text` spells; nil when it spells none.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].count == 24,
      let number = Self.parse(parts[0]), let queue = Self.parse(parts[1].prefix(8)),
      let rank = Self.parse(parts[1].dropFirst(8)), let incarnation = Self.parse(parts[2])
    else { return nil }
    self.init(
      number: number, key: ItemKey(queue: UInt32(truncatingIfNeeded: queue), rank: rank),
      incarnation: incarnation)
  }

  /// The text that ``init(_:)`` reads: at most 58 of `[0-9a-f.]`.
  public var text: String {
    "\(Self.hex(number, 1)).\(Self.hex(UInt64(key.queue), 8))\(Self.hex(key.rank, 16))"
      + ".\(Self.hex(incarnation, 16))"
  }

  private static func hex(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static func parse(_ digits: Substring.UTF8View) -> UInt64? {
    guard (1...16).contains(digits.count) else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - 48)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - 87)
      default: return nil
      }
    }
    return value
  }
}

/// Names one worker of a store, for ever.
public struct WorkerID: Hashable, Comparable, Sendable {
  /// A counter of the store, never reused; 1 or more.
  public let number: UInt64

  /// The worker of that number.
  public init(_ number: UInt64) { self.number = number }

  /// Whether `lhs` registered earlier.
  public static func < (lhs: WorkerID, rhs: WorkerID) -> Bool { lhs.number < rhs.number }
}
