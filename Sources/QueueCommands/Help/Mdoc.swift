/// The text of a manual page, in the mdoc macros that groff and mandoc know.
struct Mdoc {
  private(set) var text = ""

  /// A line of a macro; what is not a macro of its own must be escaped.
  mutating func macro(_ line: String) { text += ".\(line)\n" }

  /// Paragraphs to be filled: broken anew, since mdoc wants a sentence to begin a line.
  mutating func prose(_ prose: String) {
    for (index, paragraph) in HelpSection.paragraphs(prose).enumerated() {
      if index > 0 { macro("Pp") }
      for line in HelpSection.filled(paragraph, width: 66, bySentence: true) { add(line) }
    }
  }

  mutating func literal(_ lines: [String]) {
    macro("Bd -literal -offset indent")
    for line in lines { add(line) }
    macro("Ed")
  }

  /// A list of terms; `item` is what stands behind `.It`.
  mutating func list(width: Int, isCompact: Bool = false, _ rows: [(item: String, text: String)]) {
    macro("Bl -tag -width \(width)n\(isCompact ? " -compact" : "")")
    for row in rows {
      macro("It \(row.item)")
      prose(row.text)
    }
    macro("El")
  }

  /// A part of a help.
  mutating func section(_ section: HelpSection) {
    macro("Sh \(Self.escaped(section.title))")
    prose(section.intro)
    if !section.rows.isEmpty {
      if !section.intro.isEmpty { macro("Pp") }
      list(
        width: section.termWidth + 1, isCompact: true,
        section.rows.map { (Self.quoted($0.term), $0.text) })
    }
    if !section.outro.isEmpty { macro("Pp") }
    prose(section.outro)
  }

  /// The usage, word by word.
  mutating func synopsis(_ usage: String) {
    for word in usage.matches(of: /[\[\]]|[^\s\[\]]+/).map({ String($0.output) }) {
      switch word.first {
      case "[": macro("Oo")
      case "]": macro("Oc")
      case "-": macro("Fl \(Self.escaped(String(word.dropFirst())))")
      default:
        macro(word.first?.isLetter == true ? "Ar \(Self.escaped(word))" : "No \(Self.quoted(word))")
      }
    }
  }

  /// Text with nothing in it that roff would take for its own.
  static func escaped(_ text: String) -> String {
    let special: [Character: String] = [
      "\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti",
      "\"": "\\(dq",
    ]
    return text.reduce(into: "") { $0 += special[$1] ?? String($1) }
  }

  /// One argument of a macro, never taken for the name of another.
  static func quoted(_ text: String) -> String { "\"\\&\(escaped(text))\"" }

  /// A line of text, never taken for a macro.
  private mutating func add(_ line: String) {
    text += (line.hasPrefix(".") ? "\\&" : "") + Self.escaped(line) + "\n"
  }
}
