/// Finds the one member of a JSON object that is an id: text, or a whole number of any size as its own
/// digits. All of the line is checked, since it is the item's payload.
struct ObjectID {
  /// Why a line has no id; in words.
  struct Missing: Error {
    var why: String
  }

  private let name: [UInt8]
  private let shown: String

  /// Looks for the member of this name.
  init(_ name: String) {
    self.name = Array(name.utf8)
    shown = name
  }

  /// The id of the object that is the whole line.
  func find(in line: UnsafeRawBufferPointer) throws(Missing) -> [UInt8] {
    var found: Result<[UInt8], Missing>?
    var scanner = JSONScanner(line)
    guard scanner.beginsAsObject() else { throw Missing(why: "it is not a JSON object") }
    do throws(JSONScanner.Invalid) {
      try scanner.passObject { (scanner, place) throws(JSONScanner.Invalid) in
        guard isName(scanner[place]) else { return try scanner.passValue() }
        // Readers of JSON do not agree which of two holds.
        if found != nil { throw scanner.invalid("\(shown) is there twice") }
        found = try value(&scanner)
      }
    } catch {
      throw Missing(why: "it is no JSON: at byte \(error.column): \(error.what)")
    }
    guard let found else { throw Missing(why: "it has no text or whole number at \(shown)") }
    return try found.get()
  }

  private func isName(_ quoted: UnsafeRawBufferPointer) -> Bool {
    guard quoted.contains(UInt8(ascii: "\\")) else { return quoted.elementsEqual(name) }
    return Self.text(quoted) == name
  }

  private func value(
    _ scanner: inout JSONScanner
  ) throws(JSONScanner.Invalid) -> Result<[UInt8], Missing> {
    let start = scanner.at
    switch scanner.next {
    case UInt8(ascii: "\""):
      let place = try scanner.passString()
      guard let text = Self.text(scanner[place]) else {
        return .failure(Missing(why: "the text at \(shown) has half of a surrogate pair"))
      }
      return .success(text)
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      if try scanner.passNumber() { return .success(Array(scanner[start..<scanner.at])) }
    default:
      try scanner.passValue()
    }
    return .failure(Missing(why: "it has no text or whole number at \(shown)"))
  }

  /// The bytes that a valid string spells; nil when it has half of a surrogate pair.
  private static func text(_ quoted: UnsafeRawBufferPointer) -> [UInt8]? {
    guard quoted.contains(UInt8(ascii: "\\")) else { return Array(quoted) }
    var text: [UInt8] = []
    var rest = quoted[...]
    var high: UInt32?
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
        if high != nil { return nil }
        text.append(byte)
        continue
      }
      guard escape == UInt8(ascii: "u") else {
        if high != nil { return nil }
        text.append(plain(escape))
        continue
      }
      let unit = rest.prefix(4).reduce(0) { $0 << 4 | (hexValue($1) ?? 0) }
      rest = rest.dropFirst(4)
      switch (high, unit) {
      case (nil, 0xd800...0xdbff): high = unit
      case (let first?, 0xdc00...0xdfff):
        high = nil
        append(0x10000 + (first - 0xd800) << 10 + (unit - 0xdc00), to: &text)
      case (nil, 0xdc00...0xdfff), (.some, _): return nil
      case (nil, _): append(unit, to: &text)
      }
    }
    return high == nil ? text : nil
  }

  private static func plain(_ escape: UInt8) -> UInt8 {
    switch escape {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: escape
    }
  }

  private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(scalar) else { return }
    text += Array(String(Character(scalar)).utf8)
  }
}
