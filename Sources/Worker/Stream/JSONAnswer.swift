import JSONText
import QueueCore

extension Answer {
  /// Reads `{"token"?,"status","note"?,"defer"?,"emit"?}`; members that it does not know are passed over. The
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
          status = try scanner.passStatus()
        } else if name.elementsEqual("token".utf8) {
          let text = String(decoding: try text(&scanner), as: UTF8.self)
          token = Token(text)?.number ?? 0
        } else if name.elementsEqual("note".utf8) {
          answer.note = Array(try text(&scanner).prefix(longestNote))
        } else if name.elementsEqual("defer".utf8) {
          answer.deferral = try Duration.read(&scanner)
        } else if name.elementsEqual("emit".utf8) {
          answer.emitted += try Emission.readList(&scanner)
        } else {
          try scanner.passValue()
        }
      }
    } catch {
      throw GarbledAnswer("byte \(error.column): \(error.what): \(shown(line))")
    }
    guard let status else { throw GarbledAnswer("the answer has no status: \(shown(line))") }
    answer.status = status
    if !Emission.areFew(answer.emitted) {
      answer.emitted = []
      answer.isRefused = true
      answer.note = Array("protocol: it emits \(Emission.tooMany)".utf8)
    }
    return (token, answer)
  }

  private static func text(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> [UInt8] {
    guard scanner.next == UInt8(ascii: "\"") else { throw scanner.invalid("it is not text") }
    return JSONString.decoded(scanner[try scanner.passString()])
  }
}
