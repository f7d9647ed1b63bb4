/// Checks one JSON text, by RFC 8259 and in one pass, and says where what is.
///
/// Strings are valid UTF-8, and no escape in them is half of a surrogate pair: the grammar has such, but
/// readers refuse them, replace them, or fail later. Nothing but whitespace stands behind the value.
/// Values nest at most ``maximumDepth`` deep.
package struct JSONScanner {
  /// What is wrong, and at which byte, from 1.
  package struct Invalid: Error, Equatable {
    package var column: Int
    package var what: String

    package init(column: Int, what: String) { (self.column, self.what) = (column, what) }
  }

  package static let maximumDepth = 512

  private let bytes: UnsafeRawBufferPointer
  package private(set) var at = 0

  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether the text begins as an object does; passes what is before it.
  package mutating func beginsAsObject() -> Bool {
    passSpace()
    return next == UInt8(ascii: "{")
  }

  /// Passes an object, which begins here and is the rest of the text. `member` is called with the place
  /// of each of its names, without quotes, where the value begins; it has to pass that.
  package mutating func passObject(
    _ member: (inout JSONScanner, Range<Int>) throws(Invalid) -> Void
  ) throws(Invalid) {
    try passMembers(depth: 1, member)
    passSpace()
    guard at == bytes.count else { throw invalid("something stands behind the object") }
  }

  private mutating func passMembers(
    depth: Int, _ member: (inout JSONScanner, Range<Int>) throws(Invalid) -> Void
  ) throws(Invalid) {
    at += 1
    passSpace()
    if next == UInt8(ascii: "}") {
      at += 1
      return
    }
    while true {
      guard next == UInt8(ascii: "\"") else { throw invalid("a name in quotes is missing") }
      let name = try passString()
      passSpace()
      guard next == UInt8(ascii: ":") else { throw invalid("a colon is missing") }
      at += 1
      passSpace()
      try member(&self, name)
      passSpace()
      if next == UInt8(ascii: "}") {
        at += 1
        return
      }
      guard next == UInt8(ascii: ",") else { throw invalid("a comma or } is missing") }
      at += 1
      passSpace()
    }
  }

  /// Passes a value of any kind inside an object or a list of this depth.
  package mutating func passValue(depth: Int = 1) throws(Invalid) {
    guard depth < Self.maximumDepth else {
      throw invalid("it is nested too deep: over \(Self.maximumDepth) values")
    }
    switch next {
    case UInt8(ascii: "\""): _ = try passString()
    case UInt8(ascii: "{"):
      try passMembers(depth: depth + 1) { (scanner, _) throws(Invalid) in
        try scanner.passValue(depth: depth + 1)
      }
    case UInt8(ascii: "["):
      try passList { (scanner) throws(Invalid) in try scanner.passValue(depth: depth + 1) }
    case UInt8(ascii: "t"): try pass("true")
    case UInt8(ascii: "f"): try pass("false")
    case UInt8(ascii: "n"): try pass("null")
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?: _ = try passNumber()
    default: throw invalid("there is no value")
    }
  }

  /// Passes a list, which begins here. `element` is called where each of its values begins; it has to pass
  /// that.
  package mutating func passList(
    _ element: (inout JSONScanner) throws(Invalid) -> Void
  ) throws(Invalid) {
    guard next == UInt8(ascii: "[") else { throw invalid("it is not a list") }
    at += 1
    passSpace()
    if next == UInt8(ascii: "]") {
      at += 1
      return
    }
    while true {
      try element(&self)
      passSpace()
      if next == UInt8(ascii: "]") {
        at += 1
        return
      }
      guard next == UInt8(ascii: ",") else { throw invalid("a comma or ] is missing") }
      at += 1
      passSpace()
    }
  }

  /// Passes an object inside a list or another object; `member` as in ``passObject(_:)``.
  package mutating func passInnerObject(
    _ member: (inout JSONScanner, Range<Int>) throws(Invalid) -> Void
  ) throws(Invalid) {
    guard next == UInt8(ascii: "{") else { throw invalid("it is not an object") }
    try passMembers(depth: 2, member)
  }

  /// Passes a number; whether it is whole: without a point and an exponent.
  package mutating func passNumber() throws(Invalid) -> Bool {
    var isWhole = true
    if next == UInt8(ascii: "-") { at += 1 }
    if next == UInt8(ascii: "0") {
      at += 1
      if let byte = next, isDigit(byte) { throw invalid("a number begins with 0") }
    } else {
      try passDigits()
    }
    if next == UInt8(ascii: ".") {
      isWhole = false
      at += 1
      try passDigits()
    }
    if let letter = next, letter | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      at += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
      try passDigits()
    }
    return isWhole
  }

  private mutating func passDigits() throws(Invalid) {
    let start = at
    while let byte = next, isDigit(byte) { at += 1 }
    guard at > start else { throw invalid("a digit is missing") }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// Passes a string; its place, without the quotes.
  package mutating func passString() throws(Invalid) -> Range<Int> {
    at += 1
    let start = at
    while at < bytes.count {
      passPlainWords()
      guard let byte = next else { break }
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return start..<at - 1
      case UInt8(ascii: "\\"): try passEscape()
      case ..<0x20: throw invalid("a control character stands in a string")
      case ..<0x80: at += 1
      default: try passCharacter(byte)
      }
    }
    throw invalid("a string does not end")
  }

  /// Passes characters that stand for themselves, eight at once, as long as there are so many.
  private mutating func passPlainWords() {
    let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
    while at + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      let (quote, slash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
      // The high bit of a byte shows that it is below 0x20, a quote, a backslash, or no ASCII.
      let others =
        (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (slash &- ones) & ~slash | word
      if others & highs != 0 { return }
      at += 8
    }
  }

  private mutating func passEscape() throws(Invalid) {
    at += 1
    guard let byte = next else { throw invalid("a string does not end") }
    guard byte == UInt8(ascii: "u") else {
      guard "\"\\/bfnrt".utf8.contains(byte) else { throw invalid("there is no such escape") }
      at += 1
      return
    }
    let start = at - 1
    let unit = try passUnit()
    guard unit & 0xf800 == 0xd800 else { return }
    if unit < 0xdc00, bytes[at...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      at += 1
      if case 0xdc00...0xdfff = try passUnit() { return }
    }
    at = start
    throw invalid("half of a surrogate pair")
  }

  /// Passes `u` and four digits; what they say.
  private mutating func passUnit() throws(Invalid) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      at += 1
      guard let digit = next, let value = hexValue(digit) else {
        throw invalid("\\u has four digits")
      }
      unit = unit << 4 | value
    }
    at += 1
    return unit
  }

  /// A character of more than one byte, as UTF-8 has it: neither too long, nor a surrogate, nor beyond
  /// U+10FFFF.
  private mutating func passCharacter(_ first: UInt8) throws(Invalid) {
    let (count, second): (Int, ClosedRange<UInt8>)
    switch first {
    case 0xc2...0xdf: (count, second) = (2, 0x80...0xbf)
    case 0xe0: (count, second) = (3, 0xa0...0xbf)
    case 0xed: (count, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (count, second) = (3, 0x80...0xbf)
    case 0xf0: (count, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (count, second) = (4, 0x80...0xbf)
    case 0xf4: (count, second) = (4, 0x80...0x8f)
    default: throw invalid("a byte is not UTF-8")
    }
    guard at + count <= bytes.count, second.contains(bytes[at + 1]),
      bytes[(at + 2)..<(at + count)].allSatisfy({ $0 & 0xc0 == 0x80 })
    else { throw invalid("a byte is not UTF-8") }
    at += count
  }

  private mutating func pass(_ word: StaticString) throws(Invalid) {
    let word = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes[at...].starts(with: word) else { throw invalid("there is no value") }
    at += word.count
  }

  package mutating func passSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { at += 1 }
  }

  /// The byte that comes next; nil at the end.
  package var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  package func invalid(_ what: String) -> Invalid { Invalid(column: at + 1, what: what) }

  /// The bytes at a place.
  package subscript(place: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[place])
  }
}
