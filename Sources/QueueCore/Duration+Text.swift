extension Duration {
  /// A duration from text: a number, with or without a part behind the point, and `ms`, `s`, `m`,
  /// `h` or `d`; without a unit it is seconds. Nil when the text is none, or is over ten years.
  public init?(text: some StringProtocol) {
    let units: [(String, Double)] = [
      ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("", 1),
    ]
    guard let (unit, seconds) = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
    let digits = text.dropLast(unit.count)
    guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      let number = Double(digits), number.isFinite, number * seconds <= 3_650 * 86_400
    else { return nil }
    self = .microseconds(Int64((number * seconds * 1_000_000).rounded()))
  }

  /// The duration as such text: `1s`, `5m`, `1500ms`, `0.250ms`.
  public var text: String {
    let (milliseconds, rest) = wholeMicroseconds.quotientAndRemainder(dividingBy: 1_000)
    guard rest == 0 else { return "\(milliseconds).\(String(1_000 + rest).dropFirst())ms" }
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
    where milliseconds >= size && milliseconds % Int64(size) == 0 {
      return "\(milliseconds / Int64(size))\(unit)"
    }
    return "\(milliseconds)ms"
  }
}
