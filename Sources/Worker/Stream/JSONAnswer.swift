import JSONText
import QueueCore

extension Answer {
  /// Reads `{"token"?,"status","note"?,"defer"?}`; members that it does not know are passed over. The
  /// token's number, where one is named; 0, which nobody has, where what is named is no token.
  static func read(
    json line: UnsafeRawBufferPointer
  ) throws(GarbledAnswer) -> (token: UInt64?, answer: Answer) {
    var scanner = JSONScanner(line)
    guard scanner.beginsAsObject() else {
      throw GarbledAnswer("not a JSON object: \(shown(line))")
    }
    var token: UInt64?
    var status: UInt8?
    var answer = Answer(status: 0)
    do throws(JSONScanner.Invalid) {
      try scanner.passObject { (scanner, name) throws(JSONScanner.Invalid) in
        let name = scanner[name]
        if name.elementsEqual("status".utf8) {
          status = try number(&scanner)
        } else if name.elementsEqual("token".utf8) {
          let text = String(decoding: try text(&scanner), as: UTF8.self)
          token = Token(text)?.number ?? 0
        } else if name.elementsEqual("note".utf8) {
          answer.note = Array(try text(&scanner).prefix(longestNote))
        } else if name.elementsEqual("defer".utf8) {
          answer.deferral = try duration(&scanner)
        } else {
          try scanner.passValue()
        }
      }
    } catch {
      throw GarbledAnswer("byte \(error.column): \(error.what): \(shown(line))")
    }
    guard let status else { throw GarbledAnswer("the answer has no status: \(shown(line))") }
    answer.status = status
    return (token, answer)
  }

  private static func number(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> UInt8 {
    let start = scanner
    guard let next = scanner.next, next &- UInt8(ascii: "0") < 10 else {
      throw start.invalid("the status is not a number from 0 to 255")
    }
    _ = try scanner.passNumber()
    guard let status = UInt8(String(decoding: scanner[start.at..<scanner.at], as: UTF8.self)) else {
      throw start.invalid("the status is not a number from 0 to 255")
    }
    return status
  }

  private static func text(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> [UInt8] {
    guard scanner.next == UInt8(ascii: "\"") else { throw scanner.invalid("it is not text") }
    return JSONString.decoded(scanner[try scanner.passString()])
  }

  /// Text as everywhere, or a number of seconds.
  private static func duration(
    _ scanner: inout JSONScanner
  ) throws(JSONScanner.Invalid) -> Duration {
    let start = scanner
    let words: [UInt8]
    if scanner.next == UInt8(ascii: "\"") {
      words = try text(&scanner)
    } else {
      try scanner.passValue()
      words = Array(scanner[start.at..<scanner.at])
    }
    guard let duration = Duration(text: String(decoding: words, as: UTF8.self)) else {
      throw start.invalid("it is not a duration, like 90s")
    }
    return duration
  }
}
