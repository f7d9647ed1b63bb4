import JSONText
import QueueCore

extension Answer {
  /// Reads `{"token"?,"status","note"?,"defer"?,"rest"?,"spend"?,"result"?,"emit"?}`; members that it does not know are passed
  /// over. With the token, where one is named.
  static func read(
    json line: UnsafeRawBufferPointer
  ) throws(GarbledAnswer) -> (token: Token?, answer: Answer) {
    var scanner = JSONScanner(line)
    guard scanner.beginsAsObject() else {
      throw GarbledAnswer("not a JSON object: \(shown(line))")
    }
    var (token, status, note): (Token?, UInt8?, [UInt8]?) = (nil, nil, nil)
    var answer = Answer(status: 0)
    do throws(JSONScanner.Invalid) {
      try scanner.passObject { (scanner, name) throws(JSONScanner.Invalid) in
        let name = scanner[name]
        if name.elementsEqual("status".utf8) {
          status = try scanner.passStatus()
        } else if name.elementsEqual("token".utf8) {
          try JSONMember.set(&token, &scanner) {
            $0.withUnsafeBytes { Token(text: $0) }
          } or: {
            "it is no token"
          }
        } else if name.elementsEqual("note".utf8) {
          try JSONMember.set(&note, &scanner) {
            Array($0.prefix(longestNote))
          } or: {
            ""
          }
        } else if name.elementsEqual("defer".utf8) {
          answer.deferral = try Duration.read(&scanner)
        } else if name.elementsEqual("rest".utf8) {
          answer.rest = try Duration.read(&scanner)
        } else if name.elementsEqual("spend".utf8) {
          try answer.spent.read(&scanner)
        } else if name.elementsEqual("result".utf8) {
          guard answer.result == nil else { throw scanner.invalid("it is there twice") }
          answer.result = try ItemResult.read(&scanner)
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
    (answer.status, answer.note) = (status, note ?? [])
    if !Emission.areFew(answer.emitted) {
      answer.emitted = []
      answer.isRefused = true
      answer.note = Array("protocol: it emits \(Emission.tooMany)".utf8)
    }
    return (token, answer)
  }
}
