package import JSONText

extension Amounts {
  /// Units that one run may name.
  public static let mostUnits = 16

  /// What is said where it names more.
  package static let tooManyUnits = "it spends more than 16 units"

  /// Reads `{UNIT:NUMBER}` and adds it.
  package mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) {
    var read = self
    try scanner.passInnerObject { (scanner, name) throws(JSONScanner.Invalid) in
      let start = scanner
      let text = JSONString.decoded(scanner[name])
      guard let unit = UnitName(String(decoding: text, as: UTF8.self)) else {
        throw start.invalid("it is no unit's name")
      }
      try scanner.passValue()
      guard let amount = Amount(scanner[start.at..<scanner.at], allowsExponent: true) else {
        throw start.invalid("it is not an amount: \(Amount.form)")
      }
      guard read[unit] != nil || read.count < Self.mostUnits else {
        throw start.invalid(Self.tooManyUnits)
      }
      read.add(amount, of: unit)
    }
    self = read
  }
}
