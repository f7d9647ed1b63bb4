import JSONText

/// Finds the one member of a JSON object that is an id: text, or a whole number of any size as its own
/// digits, as they are written. All of the line is checked, since it is the item's payload.
struct ObjectID {
  private let name: [UInt8]
  private let shown: String
  /// null is empty text.
  private let allowsNull: Bool

  /// Looks for the member of this name.
  init(_ name: String, allowsNull: Bool = false) {
    self.name = Array(name.utf8)
    shown = name
    self.allowsNull = allowsNull
  }

  /// The id of the object that is the whole line.
  func find(in line: UnsafeRawBufferPointer) throws(JSONScanner.Invalid) -> [UInt8] {
    var id: [UInt8]?
    var scanner = JSONScanner(line)
    guard scanner.beginsAsObject() else { throw scanner.invalid(Self.beginning(of: line)) }
    let start = scanner
    try scanner.passObject { (scanner, place) throws(JSONScanner.Invalid) in
      guard isName(scanner[place]) else { return try scanner.passValue() }
      // Readers of JSON do not agree which of two holds.
      guard id == nil else {
        throw JSONScanner.Invalid(column: place.lowerBound, what: "\(shown) is there twice")
      }
      id = try value(&scanner)
    }
    guard let id else { throw start.invalid("the object has no \(shown)") }
    return id
  }

  private static func beginning(of line: UnsafeRawBufferPointer) -> String {
    line.starts(with: InputWarnings.mark)
      ? "a byte order mark is no JSON: \(InputWarnings.removal)" : "it is not a JSON object"
  }

  private func isName(_ quoted: UnsafeRawBufferPointer) -> Bool {
    guard quoted.contains(UInt8(ascii: "\\")) else { return quoted.elementsEqual(name) }
    return JSONString.decoded(quoted) == name
  }

  private func value(_ scanner: inout JSONScanner) throws(JSONScanner.Invalid) -> [UInt8] {
    let start = scanner
    switch scanner.next {
    case UInt8(ascii: "\""):
      return JSONString.decoded(scanner[try scanner.passString()])
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      guard try scanner.passNumber() else {
        throw start.invalid("the number at \(shown) is not a whole one, written as such")
      }
      return Array(scanner[start.at..<scanner.at])
    default:
      try scanner.passValue()
      if allowsNull, start.next == UInt8(ascii: "n") { return [] }
      throw start.invalid("what is at \(shown) is neither text nor a whole number")
    }
  }
}
