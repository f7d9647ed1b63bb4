extension [UInt8] {
  /// The last line that says something; empty when none does.
  package var lastWords: ArraySlice<UInt8> {
    split(separator: UInt8(ascii: "\n")).last { line in line.contains { $0 > 0x20 } } ?? []
  }
}

/// Bytes as a person may see them: control characters and what is not UTF-8 are escaped, so that
/// nothing that comes from an id or a handler can command a terminal.
package enum VisibleText {
  /// All of it, on one line: `\n`, `\t`, `\r`, others as `\xHH`.
  package static func escaped(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var rest = Array(bytes)[...]
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        text += escaped(Unicode.UTF8.decode(encoded))
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        text += rest.prefix(length).map(hex).joined()
        rest = rest.dropFirst(length)
      case .emptyInput: return text
      }
    }
  }

  /// A message that may quote others: what could command a terminal is escaped, and with it, where
  /// `isLine`, what could begin a line that nobody wrote.
  package static func message(_ text: String, isLine: Bool) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { scalar in
      isControl(scalar) && (isLine || scalar != "\n") ? escaped(scalar) : String(scalar)
    }.joined()
  }

  /// An id in a message: escaped, of a long one the beginning.
  package static func id(_ id: ItemID) -> String {
    id.bytes.count > 200 ? escaped(id.bytes.prefix(200)) + "..." : escaped(id.bytes)
  }

  /// The last line of a message, at most `limit` characters of it.
  package static func lastLine(_ message: [UInt8], limit: Int) -> String {
    let text = escaped(message.lastWords)
    return text.count > limit ? String(text.prefix(limit - 3)) + "..." : text
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    default: isControl(scalar) ? String(scalar).utf8.map(hex).joined() : String(scalar)
    }
  }

  /// Control characters of both sets, what ends a line or a paragraph, what turns the direction of
  /// writing, and the byte order mark, which nobody sees.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{61c}", "\u{200e}", "\u{200f}",
      "\u{2028}"..."\u{202e}", "\u{2066}"..."\u{2069}",
      "\u{feff}":
      true
    default: false
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
  }
}
