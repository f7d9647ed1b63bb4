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
    guard let token = Array(text.utf8).withUnsafeBytes({ Token(text: $0) }) else { return nil }
    self = token
  }

  /// The token that these bytes spell; nil when they spell none.
  public init?(text: UnsafeRawBufferPointer) {
    // Number, key and incarnation.
    var (values, digits) = ((0, 0, 0) as (UInt64, UInt64, UInt64), (0, 0, 0))
    var (queue, part): (UInt32, Int) = (0, 0)
    for byte in text {
      if byte == UInt8(ascii: ".") {
        part += 1
        continue
      }
      guard let digit = Self.value(byte) else { return nil }
      switch part {
      case 0: (values.0, digits.0) = (values.0 << 4 | digit, digits.0 + 1)
      case 1:
        if digits.1 < 8 { queue = queue << 4 | UInt32(digit) }
        (values.1, digits.1) = (values.1 << 4 | digit, digits.1 + 1)
      case 2: (values.2, digits.2) = (values.2 << 4 | digit, digits.2 + 1)
      default: return nil
      }
    }
    guard part == 2, 1...16 ~= digits.0, digits.1 == 24, 1...16 ~= digits.2 else { return nil }
    self.init(
      number: values.0, key: ItemKey(queue: queue, rank: values.1), incarnation: values.2)
  }

  /// The text that ``init(_:)`` reads: at most 58 of `[0-9a-f.]`.
  public var text: String {
    var bytes: [UInt8] = []
    put(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts its text behind what is there.
  public func put(into bytes: inout [UInt8]) {
    Self.put(number, max(1, (67 - number.leadingZeroBitCount) / 4), into: &bytes)
    bytes.append(UInt8(ascii: "."))
    Self.put(UInt64(key.queue), 8, into: &bytes)
    Self.put(key.rank, 16, into: &bytes)
    bytes.append(UInt8(ascii: "."))
    Self.put(incarnation, 16, into: &bytes)
  }

  private static func put(_ value: UInt64, _ width: Int, into bytes: inout [UInt8]) {
    for place in stride(from: width * 4 - 4, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(place)) & 15
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
  }

  private static func value(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
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
