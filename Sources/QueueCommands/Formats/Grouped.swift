extension Double {
  /// Not negative, to two places behind the point: 12.5, 0.03.
  var short: String {
    let hundredths = Int64(exactly: (self * 100).rounded()) ?? .max
    let rest = hundredths % 100
    if rest == 0 { return "\(hundredths / 100)" }
    return "\(hundredths / 100)."
      + (rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0" : "") + "\(rest)")
  }
}

extension BinaryInteger {
  /// The number in groups of three digits: 12,345.
  var grouped: String {
    var digits = Array(String(self))
    var place = digits.count - 3
    while place > (self < 0 ? 1 : 0) {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }

  /// The number with a noun: 1 line, 2 lines.
  func counting(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}

extension UInt64 {
  /// Bytes in the unit that leaves one to three digits before the point: 812 MB, 9.6 MB, 0 B.
  var inBytes: String {
    var (amount, units) = (Double(self), ["B", "kB", "MB", "GB", "TB", "PB"][...])
    while amount >= 999.5, units.count > 1 {
      amount /= 1_000
      units.removeFirst()
    }
    let rounded = amount < 9.95 ? (amount * 10).rounded() / 10 : amount.rounded()
    return "\(rounded.short) \(units.first ?? "B")"
  }
}
