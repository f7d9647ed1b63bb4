package import JSONText

/// `[{"queue","id","payload"?}]`: what an item emits, where text says so. Members that are not known are
/// passed over.
extension Emission {
  /// Reads a list.
  package static func readList(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid)
    -> [Emission]
  {
    var emitted: [Emission] = []
    try scanner.passList { (scanner) throws(JSONScanner.Invalid) in
      emitted.append(try read(&scanner))
    }
    return emitted
  }

  /// Reads one of them, without what is behind it.
  package static func read(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> Emission {
    let start = scanner
    var (queue, id, payload): (QueueName?, ItemID?, [UInt8]?) = (nil, nil, nil)
    try scanner.passInnerObject { (scanner, name) throws(JSONScanner.Invalid) in
      let name = scanner[name]
      if name.elementsEqual("queue".utf8) {
        try JSONMember.set(&queue, &scanner) {
          QueueName(String(decoding: $0, as: UTF8.self))
        } or: {
          "it is no queue's name"
        }
      } else if name.elementsEqual("id".utf8) {
        try JSONMember.set(&id, &scanner) {
          ItemID($0)
        } or: {
          idForm
        }
      } else if name.elementsEqual("id_b64".utf8) {
        try JSONMember.set(&id, &scanner) {
          JSONBytes.decoded(base64: $0).flatMap { ItemID($0) }
        } or: {
          "it is not base 64, or spells no id: " + idForm
        }
      } else if name.elementsEqual("payload".utf8) {
        try JSONMember.set(&payload, &scanner) {
          $0
        } or: {
          ""
        }
      } else if name.elementsEqual("payload_b64".utf8) {
        try JSONMember.set(&payload, &scanner) {
          JSONBytes.decoded(base64: $0)
        } or: {
          "it is not base 64"
        }
      } else {
        try scanner.passValue()
      }
    }
    guard let queue else { throw start.invalid("what is emitted has no queue") }
    guard let id else { throw start.invalid("what is emitted has no id") }
    return Emission(queue: queue, id: id, payload: payload)
  }

  private static let idForm = "an id is 1 to 65,535 bytes without NUL"
}

extension Duration {
  /// Reads text as everywhere, or a number of seconds.
  package static func read(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> Duration {
    let start = scanner
    let words: [UInt8]
    if scanner.next == UInt8(ascii: "\"") {
      words = JSONString.decoded(scanner[try scanner.passString()])
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
