/// Arguments as a shell takes them.
package enum ShellWords {
  /// The words, each quoted where it has to be, in one line without control characters, which bash,
  /// zsh and ksh read; without such characters in an argument any POSIX shell does.
  package static func quoted(_ words: some Sequence<[UInt8]>) -> [UInt8] {
    Array(words.map(quoted).joined(separator: [UInt8(ascii: " ")]))
  }

  /// One word, quoted where it has to be.
  package static func quoted(_ word: [UInt8]) -> [UInt8] {
    let plain = Set("%+,-./:=@_".utf8)
    if !word.isEmpty, word.allSatisfy({ isAlphanumeric($0) || plain.contains($0) }) { return word }
    let quote = UInt8(ascii: "'")
    let isText = String(validating: word, as: UTF8.self) != nil
    if isText, !word.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      return [quote] + word.flatMap { $0 == quote ? Array(#"'\''"#.utf8) : [$0] } + [quote]
    }
    var escaped = Array("$'".utf8)
    for byte in word {
      switch byte {
      case quote, UInt8(ascii: "\\"): escaped += [UInt8(ascii: "\\"), byte]
      case 0x20..<0x7f: escaped.append(byte)
      case UInt8(ascii: "\n"): escaped += Array("\\n".utf8)
      case UInt8(ascii: "\t"): escaped += Array("\\t".utf8)
      default:
        // Three octal digits: a digit behind them is not taken along.
        let digits = String(byte, radix: 8)
        escaped += Array("\\\(String(repeating: "0", count: 3 - digits.utf8.count))\(digits)".utf8)
      }
    }
    return escaped + [quote]
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
