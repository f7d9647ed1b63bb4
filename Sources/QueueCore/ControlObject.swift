package import JSONText

/// What a line `json OBJECT` of a handler says: `{"emit":{...}}`, `{"result":{"status","id"}}` or
/// `{"spend":{UNIT:NUMBER}}`. Members that are not known are passed over.
struct ControlObject {
  private(set) var emission: Emission?
  private(set) var result: (status: UInt8, id: ItemID)?
  private(set) var spent: Amounts = [:]

  init(_ bytes: UnsafeRawBufferPointer) throws(JSONScanner.Invalid) {
    var scanner = JSONScanner(bytes)
    guard scanner.beginsAsObject() else { throw scanner.invalid("it is not a JSON object") }
    var (emission, result): (Emission?, (UInt8, ItemID)?) = (nil, nil)
    var spent: Amounts = [:]
    try scanner.passObject { (scanner, name) throws(JSONScanner.Invalid) in
      if scanner[name].elementsEqual("emit".utf8) {
        emission = try Emission.read(&scanner)
      } else if scanner[name].elementsEqual("result".utf8) {
        result = try Self.result(&scanner)
      } else if scanner[name].elementsEqual("spend".utf8) {
        try spent.read(&scanner)
      } else {
        try scanner.passValue()
      }
    }
    (self.emission, self.result, self.spent) = (emission, result, spent)
  }

  private static func result(
    _ scanner: inout JSONScanner
  ) throws(JSONScanner.Invalid) -> (UInt8, ItemID) {
    let start = scanner
    var (status, id): (UInt8?, ItemID?) = (nil, nil)
    try scanner.passInnerObject { (scanner, name) throws(JSONScanner.Invalid) in
      let name = scanner[name]
      if name.elementsEqual("status".utf8) {
        status = try scanner.passStatus()
      } else if name.elementsEqual("id".utf8) {
        try JSONMember.set(&id, &scanner) {
          ItemID($0)
        } or: {
          "it is no id"
        }
      } else if name.elementsEqual("id_b64".utf8) {
        try JSONMember.set(&id, &scanner) {
          JSONBytes.decoded(base64: $0).flatMap { ItemID($0) }
        } or: {
          "it is not base 64, or spells no id"
        }
      } else {
        try scanner.passValue()
      }
    }
    guard let status else { throw start.invalid("the result has no status") }
    guard let id else { throw start.invalid("the result has no id") }
    return (status, id)
  }
}

extension JSONScanner {
  /// Passes an exit status.
  package mutating func passStatus() throws(Invalid) -> UInt8 {
    let start = self
    let wrong = "the status is not a number from 0 to 255"
    guard let next, next &- UInt8(ascii: "0") < 10 else { throw start.invalid(wrong) }
    _ = try passNumber()
    guard let status = UInt8(String(decoding: self[start.at..<at], as: UTF8.self)) else {
      throw start.invalid(wrong)
    }
    return status
  }
}
