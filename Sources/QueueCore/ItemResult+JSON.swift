package import JSONText

extension ItemResult {
  /// Reads text, or any other value of JSON.
  package static func read(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> ItemResult {
    if scanner.next == UInt8(ascii: "\"") {
      return ItemResult(JSONString.decoded(scanner[try scanner.passString()]), form: .text)
    }
    let start = scanner.at
    try scanner.passValue()
    return ItemResult(Array(scanner[start..<scanner.at]), form: .json)
  }
}
