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
