/// A part of a help, below an upper-case heading: data, from which the text of `--help`, the manual
/// pages and tables of the README are made.
struct HelpSection {
  typealias Row = (term: String, text: String)

  let title: String
  /// What stands before and behind the rows. Lines are broken anew; an empty one ends a paragraph.
  let intro, outro: String
  /// Terms, and what is said of each.
  let rows: [Row]

  init(_ title: String, intro: String = "", rows: [Row] = [], outro: String = "") {
    (self.title, self.intro, self.rows, self.outro) = (title, intro, rows, outro)
  }

  /// As it stands in a help text of 80 columns.
  var text: String {
    var lines = [title] + Self.prose(intro)
    for (term, text) in rows {
      let margin = String(repeating: " ", count: termWidth + 4)
      var texts = Self.filled(text, width: 80 - margin.count).map { margin + $0 }
      if term.count <= termWidth, let first = texts.first {
        texts[0] = "  " + term + first.dropFirst(2 + term.count)
      } else {
        texts.insert("  " + term, at: 0)
      }
      lines += texts
    }
    return (lines + Self.prose(outro)).joined(separator: "\n") + "\n"
  }

  /// The length of the longest term that leaves room for what is said of it.
  var termWidth: Int { rows.map(\.term.count).filter { $0 <= 17 }.max() ?? 4 }

  private static func prose(_ text: String) -> [String] {
    Array(paragraphs(text).map { filled($0, width: 78).map { "  " + $0 } }.joined(separator: [""]))
  }

  static func paragraphs(_ text: String) -> [String] {
    text.split(separator: "\n\n").map(String.init)
  }

  /// Words in lines of so many characters at most; `bySentence`: each sentence begins one.
  static func filled(_ text: String, width: Int, bySentence: Bool = false) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      let ends = bySentence && lines.last?.last.map { ".?!".contains($0) } ?? false
      if let line = lines.last, !ends, line.count + 1 + word.count <= width {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
