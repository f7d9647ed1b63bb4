import Glibc

/// The bytes of JSON's strings, in both directions.
package enum JSONString {
  /// The bytes that a valid string spells.
  package static func decoded(_ quoted: UnsafeRawBufferPointer) -> [UInt8] {
    guard let start = quoted.baseAddress,
      memchr(start, Int32(UInt8(ascii: "\\")), quoted.count) != nil
    else { return Array(quoted) }
    var text: [UInt8] = []
    var rest = quoted[...]
    var high: UInt32 = 0
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
        text.append(byte)
        continue
      }
      guard escape == UInt8(ascii: "u") else {
        text.append(plain(escape))
        continue
      }
      let unit = rest.prefix(4).reduce(0) { $0 << 4 | (hexValue($1) ?? 0) }
      rest = rest.dropFirst(4)
      switch unit {
      case 0xd800...0xdbff: high = unit
      case 0xdc00...0xdfff: append(0x10000 + (high - 0xd800) << 10 + (unit - 0xdc00), to: &text)
      default: append(unit, to: &text)
      }
    }
    return text
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
    if let scalar = Unicode.Scalar(scalar) { text += UTF8.encode(scalar) ?? .init() }
  }

  /// Puts bytes that are valid UTF-8 into `text`, in quotes; control characters as escapes, those beyond
  /// U+007F too.
  package static func put(_ bytes: [UInt8], into text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    if bytes.allSatisfy(isPlain) {
      text += bytes
    } else {
      var isFirst = false
      for byte in bytes {
        if isFirst, byte < 0xa0 {
          text.removeLast()
          putUnit(byte, into: &text)
        } else {
          put(byte, into: &text)
        }
        isFirst = byte == controlLead
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// What U+0080 to U+00BF begin with.
  private static let controlLead: UInt8 = 0xc2

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f
      && byte != controlLead
  }

  private static func put(_ byte: UInt8, into text: inout [UInt8]) {
    let letter: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
    case UInt8(ascii: "\n"): letter = UInt8(ascii: "n")
    case UInt8(ascii: "\r"): letter = UInt8(ascii: "r")
    case UInt8(ascii: "\t"): letter = UInt8(ascii: "t")
    case ..<0x20, 0x7f: return putUnit(byte, into: &text)
    default: return text.append(byte)
    }
    text += [UInt8(ascii: "\\"), letter]
  }

  private static func putUnit(_ byte: UInt8, into text: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}

/// The value of a hexadecimal digit.
package func hexValue(_ digit: UInt8) -> UInt32? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) - 48
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit) - 87
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit) - 55
  default: nil
  }
}
