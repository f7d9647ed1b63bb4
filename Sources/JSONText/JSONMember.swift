/// Members of objects that are text, each at most once.
package enum JSONMember {
  /// Takes text that stands there for the first time, and means something.
  package static func set<Value>(
    _ place: inout Value?, _ scanner: inout JSONScanner, _ read: ([UInt8]) -> Value?,
    or wrong: () -> String
  ) throws(JSONScanner.Invalid) {
    let start = scanner
    guard place == nil else { throw start.invalid("it is there twice") }
    guard scanner.next == UInt8(ascii: "\"") else { throw start.invalid("it is not text") }
    guard let value = read(JSONString.decoded(scanner[try scanner.passString()])) else {
      throw start.invalid(wrong())
    }
    place = value
  }
}
