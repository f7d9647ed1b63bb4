import JSONText
import QueueCore

/// `[{"queue","id","payload"?}]`: what an item emits. Members that are not known are passed over.
enum EmittedItems {
  /// Reads a list.
  static func read(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> [Emission] {
    var emitted: [Emission] = []
    try scanner.passList { (scanner) throws(JSONScanner.Invalid) in
      emitted.append(try item(&scanner))
    }
    return emitted
  }

  private static func item(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> Emission {
    let start = scanner
    var (queue, id, payload): (QueueName?, ItemID?, [UInt8]?) = (nil, nil, nil)
    try scanner.passInnerObject { (scanner, name) throws(JSONScanner.Invalid) in
      typealias Members = SettleLine.Members
      let name = scanner[name]
      if name.elementsEqual("queue".utf8) {
        try Members.set(&queue, &scanner) {
          QueueName(String(decoding: $0, as: UTF8.self))
        } or: {
          "it is no queue's name"
        }
      } else if name.elementsEqual("id".utf8) {
        try Members.set(&id, &scanner) {
          ItemID($0)
        } or: {
          idForm
        }
      } else if name.elementsEqual("id_b64".utf8) {
        try Members.set(&id, &scanner) {
          JSONBytes.decoded(base64: $0).flatMap { ItemID($0) }
        } or: {
          "it is not base 64, or spells no id: " + idForm
        }
      } else if name.elementsEqual("payload".utf8) {
        try Members.set(&payload, &scanner) {
          $0
        } or: {
          ""
        }
      } else if name.elementsEqual("payload_b64".utf8) {
        try Members.set(&payload, &scanner) {
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

extension Upstream {
  /// What feeds the queue directly, with commas in between; nil when nothing does.
  var feederNames: String? {
    feeders.isEmpty ? nil : feeders.map(\.text).joined(separator: ",")
  }

  /// What is said of it behind what is said of the queue.
  var words: String {
    guard items > 0 else { return "" }
    let names = unfinished.map(\.text).joined(separator: ", ")
    return "; \(items.grouped) in what feeds it: \(names)"
  }
}
