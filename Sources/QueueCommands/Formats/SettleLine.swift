import JSONText
import QueueCore

/// `{"token","outcome"?,"note"?,"in"?,"spend"?,"result"?,"emit"?}`: how one claim ends, as q-settle reads it under --json. Members
/// that it does not know are passed over.
struct SettleLine {
  /// The longest line, in bytes.
  static let longest = 64 << 20

  var token: Token
  var outcome: OutcomeArgument?
  var note: [UInt8]?
  /// When to try again.
  var wait: Duration?
  /// What comes if the item is done.
  var emitted: [Emission] = []
  /// What was spent on the item.
  var spent: Amounts = [:]
  /// What the item gives back.
  var result: ItemResult?

  /// Reads a line.
  init(_ line: UnsafeRawBufferPointer) throws(BadLine) {
    var scanner = JSONScanner(line)
    guard scanner.beginsAsObject() else { throw BadLine(why: "it is not a JSON object") }
    var members = Members()
    do throws(JSONScanner.Invalid) {
      try scanner.passObject { (scanner, name) throws(JSONScanner.Invalid) in
        try members.take(scanner[name], &scanner)
      }
    } catch {
      throw BadLine(why: "byte \(error.column): \(error.what)")
    }
    guard let token = members.token else { throw BadLine(why: "the object has no token") }
    self.token = token
    (outcome, note, wait) = (members.outcome, members.note, members.wait)
    emitted = members.emitted ?? []
    (spent, result) = (members.spent ?? [:], members.result)
  }

  /// What was found of it so far.
  struct Members {
    var token: Token?
    var outcome: OutcomeArgument?
    var note: [UInt8]?
    var wait: Duration?
    var emitted: [Emission]?
    var spent: Amounts?
    var result: ItemResult?

    mutating func take(
      _ name: UnsafeRawBufferPointer, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Invalid) {
      if name.elementsEqual("token".utf8) {
        try JSONMember.set(&token, &scanner) {
          $0.withUnsafeBytes { Token(text: $0) }
        } or: {
          "it is no token of q-claim"
        }
      } else if name.elementsEqual("outcome".utf8) {
        try JSONMember.set(&outcome, &scanner) {
          OutcomeArgument(rawValue: String(decoding: $0, as: UTF8.self))
        } or: {
          "an outcome is done, failed, deferred or released"
        }
      } else if name.elementsEqual("note".utf8) {
        try JSONMember.set(&note, &scanner) {
          $0
        } or: {
          ""
        }
      } else if name.elementsEqual("note_b64".utf8) {
        try JSONMember.set(&note, &scanner) {
          JSONBytes.decoded(base64: $0)
        } or: {
          "it is not base 64"
        }
      } else if name.elementsEqual("in".utf8) {
        guard wait == nil else { throw scanner.invalid("it is there twice") }
        wait = try Duration.read(&scanner)
      } else if name.elementsEqual("spend".utf8) {
        guard spent == nil else { throw scanner.invalid("it is there twice") }
        var amounts: Amounts = [:]
        try amounts.read(&scanner)
        spent = amounts
      } else if name.elementsEqual("result".utf8) {
        guard result == nil else { throw scanner.invalid("it is there twice") }
        result = try ItemResult.read(&scanner)
      } else if name.elementsEqual("emit".utf8) {
        guard emitted == nil else { throw scanner.invalid("it is there twice") }
        emitted = try Emission.readList(&scanner)
      } else {
        try scanner.passValue()
      }
    }
  }
}
