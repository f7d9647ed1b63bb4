/// The text of a manual page, in the mdoc macros that groff and mandoc know.
struct Mdoc {
  private(set) var text = ""

  /// A line of a macro; what is not a macro of its own must be escaped.
  mutating func macro(_ line: String) { text += ".\(line)\n" }

  mutating func section(_ title: String) { macro("Sh \(Self.escaped(title))") }

  /// Lines to be filled: broken anew, since mdoc wants a sentence to begin a line.
  mutating func lines(_ lines: [String]) {
    var line = ""
    for word in lines.joined(separator: " ").split(separator: " ") {
      let endsSentence = line.last.map { ".?!".contains($0) } ?? false
      if endsSentence || line.utf8.count + word.utf8.count > 66, !line.isEmpty {
        text += Self.line(line) + "\n"
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { text += Self.line(line) + "\n" }
  }

  mutating func literal(_ lines: [String]) {
    macro("Bd -literal -offset indent")
    text += lines.map { Self.line($0) + "\n" }.joined()
    macro("Ed")
  }

  /// A list of terms; `item` is what stands behind `.It`.
  mutating func list(
    width: Int, isCompact: Bool, _ rows: [(item: String, text: [String])]
  ) {
    macro("Bl -tag -width \(width)n\(isCompact ? " -compact" : "")")
    for row in rows {
      macro("It \(row.item)")
      lines(row.text)
    }
    macro("El")
  }

  /// The blocks of a help text, with a space between them.
  mutating func blocks(_ blocks: [HelpSection.Block]) {
    for (index, block) in blocks.enumerated() {
      switch block {
      case .paragraph(let text):
        if index > 0 { macro("Pp") }
        lines(text)
      case .literal(let text):
        literal(text)
      case .list(let rows):
        if index > 0 { macro("Pp") }
        let width = rows.map(\.term.count).filter { $0 <= 16 }.max() ?? 4
        list(width: width + 1, isCompact: true, rows.map { (Self.quoted($0.term), $0.text) })
      }
    }
  }

  /// Text with nothing in it that roff would take for its own.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      case "\"": escaped += "\\(dq"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// One argument of a macro, never taken for the name of another.
  static func quoted(_ text: String) -> String { "\"\\&\(escaped(text))\"" }

  /// A line of text, never taken for a macro.
  private static func line(_ text: String) -> String {
    (text.hasPrefix(".") ? "\\&" : "") + escaped(text)
  }
}
