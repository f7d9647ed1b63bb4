/// Says, once each, what editors and other systems leave in a text. Ids are bytes, so it is kept.
struct InputWarnings {
  /// A byte order mark in UTF-8.
  static let mark: [UInt8] = [0xef, 0xbb, 0xbf]
  /// How a mark is taken out.
  static let removal = "sed 's/^\\xEF\\xBB\\xBF//' removes it"

  /// Records end with newlines, and not with NUL.
  private let isLines: Bool
  /// The text is JSON: a mark is an error of its own there.
  private let isJSON: Bool
  private var warnedOfMark = false
  private var warnedOfReturn = false

  init(separator: UInt8, isJSON: Bool = false) {
    isLines = separator == UInt8(ascii: "\n")
    self.isJSON = isJSON
  }

  /// Looks at a record; `number` is its place in the input called `name`.
  mutating func look(_ line: ArraySlice<UInt8>, _ number: UInt64, _ name: String) {
    if number == 1, !warnedOfMark { lookForMark(line, name) }
    guard isLines, line.last == UInt8(ascii: "\r"), !warnedOfReturn else { return }
    warnedOfReturn = true
    say(
      "q-enqueue: \(name): line \(number) ends in CR, which is kept, as on all lines: "
        + "tr -d '\\r' removes it")
  }

  private mutating func lookForMark(_ line: ArraySlice<UInt8>, _ name: String) {
    if isWide(line) {
      say("q-enqueue: \(name) looks like UTF-16: iconv -f UTF-16 -t UTF-8 makes it UTF-8")
    } else if !isJSON, line.starts(with: Self.mark) {
      say(
        "q-enqueue: \(name) begins with a byte order mark, which is kept as part of the first id, "
          + "as in all files: \(Self.removal)")
    } else {
      return
    }
    warnedOfMark = true
  }

  /// The text begins as UTF-16 does: with its mark, or, without one, with half of a brace.
  private func isWide(_ line: ArraySlice<UInt8>) -> Bool {
    let first = line.prefix(2)
    let brace = UInt8(ascii: "{")
    return first.elementsEqual([0xff, 0xfe]) || first.elementsEqual([0xfe, 0xff])
      || isJSON && (first.elementsEqual([brace, 0]) || first.elementsEqual([0, brace]))
  }
}
