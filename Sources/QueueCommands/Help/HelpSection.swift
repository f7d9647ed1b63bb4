/// A part of a help text: what stands below an upper-case heading.
struct HelpSection {
  enum Block: Equatable {
    case paragraph([String])
    case list([Row])
    /// Lines that stay as they are.
    case literal([String])
  }

  /// A term of a list and what is said of it.
  struct Row: Equatable {
    var term: String
    var text: [String]
  }

  /// Empty for what stands before the first heading.
  var title: String
  /// Without the indent that all share.
  var lines: [String]

  /// The sections of a text. A heading is not indented and all upper case.
  static func sections(of text: String) -> [HelpSection] {
    var sections = [HelpSection(title: "", lines: [])]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.indent == 0, line.contains(where: \.isLetter), line == line.uppercased() {
        sections.append(HelpSection(title: line, lines: []))
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
    return sections.map { HelpSection(title: $0.title, lines: $0.lines.withoutSharedIndent) }
      .filter { !$0.lines.isEmpty }
  }

  /// A row of a list is a term, two or more spaces and a text, or a term alone; deeper lines below
  /// go on with it. Below a line that ends in a colon, deeper lines are kept as they are.
  var blocks: [Block] {
    var blocks: [Block] = []
    var paragraph: [String] = []
    var rest = lines[...]
    func endParagraph() {
      if !paragraph.isEmpty { blocks.append(.paragraph(paragraph)) }
      paragraph = []
    }
    /// The lines that come next and are deeper or empty, except empty ones at their end.
    func takeDeeper() -> [String] {
      let count = rest.prefix { $0.isEmpty || $0.indent > 0 }
        .lastIndex { !$0.isEmpty }.map { $0 + 1 - rest.startIndex }
      defer { rest = rest.dropFirst(count ?? 0) }
      return Array(rest.prefix(count ?? 0))
    }
    while let line = rest.first {
      if line.indent > 0 {
        endParagraph()
        blocks.append(.literal(takeDeeper().withoutSharedIndent))
        continue
      }
      rest = rest.dropFirst()
      let isTerm = paragraph.isEmpty && rest.first.map { $0.indent > 0 } ?? false
      if line.isEmpty {
        endParagraph()
      } else if let row = row(line) ?? (isTerm && !line.hasSuffix(":") ? Row(line) : nil) {
        endParagraph()
        let whole = Row(term: row.term, text: row.text + takeDeeper().map(\.trimmed))
        if case .list(let rows)? = blocks.last {
          blocks[blocks.count - 1] = .list(rows + [whole])
        } else {
          blocks.append(.list([whole]))
        }
      } else {
        paragraph.append(line)
      }
    }
    endParagraph()
    return blocks
  }

  /// A line as a row. One space is enough behind an exit status, as in `64 usage`.
  private func row(_ line: String) -> Row? {
    var end = line.startIndex
    if title.hasSuffix("EXIT STATUS") {
      end = line.firstIndex { !$0.isNumber && $0 != "," && $0 != " " } ?? end
    }
    if end == line.startIndex {
      let gap = line.indices.first {
        line[$0] == " " && line[line.index(after: $0)...].first == " "
      }
      guard let gap else { return nil }
      end = gap
    }
    let (term, text) = (String(line[..<end]).trimmed, String(line[end...]).trimmed)
    return term.isEmpty || text.isEmpty ? nil : Row(term: term, text: [text])
  }
}

extension HelpSection.Row {
  fileprivate init(_ term: String) { self.init(term: term, text: []) }
}

extension String {
  fileprivate var indent: Int { prefix { $0 == " " }.count }

  fileprivate var trimmed: String {
    let start = drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }.map { start.index(after: $0) }
    return String(start[..<(end ?? start.endIndex)])
  }
}

extension [String] {
  /// Without the spaces that every line begins with, and without empty lines at either end.
  fileprivate var withoutSharedIndent: [String] {
    guard let first = firstIndex(where: { !$0.isEmpty }),
      let last = lastIndex(where: { !$0.isEmpty })
    else { return [] }
    let shared = filter { !$0.isEmpty }.map(\.indent).min() ?? 0
    return self[first...last].map { String($0.dropFirst(shared)) }
  }
}
