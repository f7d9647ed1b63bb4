/// How much of a unit: dollars, tokens, bytes. Fixed point, exact to a millionth.
public struct Amount: Hashable, Comparable, Sendable {
  /// The largest amount that text names: 10^12. Sums go up to 1.8 * 10^13, and stay there.
  public static let maximum = Amount(millionths: 1_000_000_000_000_000_000)
  /// Nothing.
  public static let zero = Amount(millionths: 0)

  /// In millionths of the unit.
  public let millionths: UInt64

  /// An amount from its millionths.
  public init(millionths: UInt64) { self.millionths = millionths }

  /// Whether `lhs` is less.
  public static func < (lhs: Amount, rhs: Amount) -> Bool { lhs.millionths < rhs.millionths }

  /// Both together; stays at the end of the range instead of overflowing.
  public static func + (lhs: Amount, rhs: Amount) -> Amount {
    let (sum, overflow) = lhs.millionths.addingReportingOverflow(rhs.millionths)
    return Amount(millionths: overflow ? .max : sum)
  }

  /// What is left; nothing where more is taken than is there.
  public static func - (lhs: Amount, rhs: Amount) -> Amount {
    Amount(millionths: lhs.millionths - min(lhs.millionths, rhs.millionths))
  }

  /// Adds to it.
  public static func += (lhs: inout Amount, rhs: Amount) { lhs = lhs + rhs }

  /// Takes from it.
  public static func -= (lhs: inout Amount, rhs: Amount) { lhs = lhs - rhs }

  /// What text that names an amount looks like.
  public static let form = "a decimal number with at most six places, like 0.0123"

  /// An amount from a decimal number: digits, and at most six places behind a point. Nil when the text is none,
  /// or is over ``maximum``. `allowsExponent`: as JSON writes numbers, also `1.5e-05`.
  public init?(_ text: some Collection<UInt8>, allowsExponent: Bool = false) {
    var rest = Array(text)[...]
    var exponent = 0
    var hasExponent = false
    if allowsExponent, let mark = rest.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
      let digits = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      guard digits.utf8.count <= 4, let number = Int(digits) else { return nil }
      (exponent, hasExponent, rest) = (number, true, rest[..<mark])
    }
    let point = rest.firstIndex(of: UInt8(ascii: "."))
    let places = point.map { rest.endIndex - $0 - 1 } ?? 0
    guard point == nil || places > 0 else { return nil }
    if let point { rest.remove(at: point) }
    guard !rest.isEmpty, rest.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
    var scale = places - exponent
    while hasExponent, scale > 6, rest.last == UInt8(ascii: "0") {
      rest.removeLast()
      scale -= 1
    }
    if rest.allSatisfy({ $0 == UInt8(ascii: "0") }) { scale = min(scale, 6) }
    guard scale <= 6, places <= 6 || hasExponent else { return nil }
    var value: UInt64 = 0
    for digit in rest + [UInt8](repeating: UInt8(ascii: "0"), count: 6 - scale) {
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
      guard value <= Self.maximum.millionths else { return nil }
    }
    millionths = value
  }

  /// An amount as people set one: also `80k`, `2M`, `1.5G`.
  public init?(shortened text: some StringProtocol) {
    let powers: [Character: UInt64] = ["k": 1_000, "M": 1_000_000, "G": 1_000_000_000]
    let power = text.last.flatMap { powers[$0] }
    guard let number = Amount(Array((power == nil ? text[...] : text.dropLast()).utf8)) else {
      return nil
    }
    let (product, overflow) = number.millionths.multipliedReportingOverflow(by: power ?? 1)
    guard !overflow, product <= Self.maximum.millionths else { return nil }
    millionths = product
  }

  /// The shortest decimal number that names it.
  public var text: String {
    let (whole, part) = millionths.quotientAndRemainder(dividingBy: 1_000_000)
    guard part > 0 else { return "\(whole)" }
    var places = "\(1_000_000 + part)".dropFirst()
    while places.last == "0" { places.removeLast() }
    return "\(whole).\(places)"
  }
}

/// Amounts by their units.
public typealias Amounts = [UnitName: Amount]

extension Amounts {
  /// Adds to what is there of a unit; nothing is not entered.
  public mutating func add(_ amount: Amount, of unit: UnitName) {
    if amount > .zero { self[unit, default: .zero] += amount }
  }

  /// Adds all of these.
  public mutating func add(_ other: Amounts) {
    for (unit, amount) in other { add(amount, of: unit) }
  }

  /// In words, by the names of the units: `tokens 120, usd 0.5`.
  public var words: String {
    sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }.joined(separator: ", ")
  }
}
