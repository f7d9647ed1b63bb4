import ArgumentParser

/// A command's manual page in mdoc, from the same declarations as its help.
struct ManualPage {
  private var text = ""

  /// The page of one command; `others` are the commands to refer to.
  static func of(_ type: any QueueCommand.Type, others: [String]) throws -> String {
    let configuration = type.configuration
    let name = configuration.commandName ?? "q"
    let usage = (configuration.usage ?? "").dropFirst(name.utf8.count + 1)
    var page = ManualPage(name, abstract: configuration.abstract, usage: String(usage))
    page.add("The options are:")
    try page.addOptions(HelpDump.displayed(of: type))
    var sections = HelpSection.all(of: type.notes)
    let common = HelpSection.all(of: commonNotes)
    let standard = ["ENVIRONMENT", "FILES", "EXIT STATUS"]
    for section in sections where !standard.contains(section.title) { page.add(section) }
    sections += common.filter { other in !sections.contains { $0.title == other.title } }
    for title in standard {
      for section in sections where section.title == title { page.add(section) }
    }
    page.addExamples(HelpSection.all(of: configuration.discussion).first?.lines ?? [])
    page.addReferences(others.filter { $0 != name })
    return page.text
  }

  /// The page of `q` itself.
  static func ofAll(_ commands: [(name: String, abstract: String)]) -> String {
    var page = ManualPage(
      "q", abstract: "A queue that is a directory.", usage: "VERB [options] [ARG...]")
    page.add("Each command is called by its own name, or as a verb of q. The commands are:")
    page.line(".Bl -tag -width q-enqueue")
    for command in commands {
      page.line(".It Xr \(command.name) 1")
      page.line(escaped(command.abstract))
    }
    page.line(".El")
    for title in ["ENVIRONMENT", "FILES", "EXIT STATUS"] {
      for section in HelpSection.all(of: commonNotes + qNotes) where section.title == title {
        page.add(section)
      }
    }
    page.addExamples(["seq 100 | q-enqueue", "q-work --workers 4 -- echo", "q-stats"])
    page.addReferences(commands.map(\.name))
    return page.text
  }

  private static let commonNotes = """
    ENVIRONMENT
      Q_STORE, Q_QUEUE  what --store and --queue mean when they are not given

    FILES
      .q           the store, where neither --store nor Q_STORE names another
      .q/current   names the directory with LMDB's files, env.0 or a later one
      .q/locks     held by workers and handlers as long as they live
      .q/wake      files that are touched when a queue changes


    """

  private static let qNotes = """
    EXIT STATUS
      Each command's own, see its page; 64 for a verb that there is not.
    """

  private init(_ name: String, abstract: String, usage: String) {
    line(".Dd November 24, 2026")
    line(".Dt \(name.uppercased()) 1")
    line(".Os")
    line(".Sh NAME")
    line(".Nm \(name)")
    line(".Nd \(Self.escaped(Self.beginning(abstract)))")
    line(".Sh SYNOPSIS")
    line(".Nm")
    line(Self.escaped(usage))
    line(".Sh DESCRIPTION")
    line(Self.escaped(abstract))
  }

  /// An abstract as mdoc wants it: no capital, no full stop.
  private static func beginning(_ abstract: String) -> String {
    let short = abstract.hasSuffix(".") ? abstract.dropLast() : abstract[...]
    return short.prefix(1).lowercased() + short.dropFirst()
  }

  private mutating func line(_ line: String) { text += line + "\n" }

  private mutating func add(_ paragraph: String) {
    line(".Pp")
    line(Self.escaped(paragraph))
  }

  private mutating func addOptions(_ arguments: [HelpDump.Argument]) throws {
    line(".Bl -tag -width Ds")
    for argument in arguments {
      let value = argument.kind == "flag" ? "" : " Ar \(argument.valueName ?? "value")"
      let names = (argument.names ?? []).map { "Fl \(Self.hyphenated($0.typed))\(value)" }
      line(".It " + (names.isEmpty ? String(value.dropFirst()) : names.joined(separator: " , ")))
      var words = argument.abstract ?? ""
      if argument.kind == "option", let value = argument.defaultValue, !words.contains("default:") {
        words += " (default: \(value))"
      }
      line(Self.escaped(words))
    }
    line(".El")
  }

  private mutating func add(_ section: HelpSection) {
    line(".Sh \(section.title)")
    var isList = false
    var isFirst = true
    for block in section.blocks {
      switch block {
      case .item(let term, let words):
        if !isList { line(".Bl -tag -width Ds") }
        isList = true
        line(
          ".It "
            + term.split(separator: " ").map { "\\&" + Self.hyphenated(String($0)) }
            .joined(separator: " "))
        line(Self.escaped(words))
      case .paragraph(let words):
        if isList { line(".El") }
        if !isFirst { line(".Pp") }
        isList = false
        line(Self.escaped(words))
      }
      isFirst = false
    }
    if isList { line(".El") }
  }

  private mutating func addExamples(_ examples: [String]) {
    line(".Sh EXAMPLES")
    line(".Bd -literal -offset indent")
    for example in examples { line(Self.escaped(example)) }
    line(".Ed")
  }

  private mutating func addReferences(_ names: [String]) {
    line(".Sh SEE ALSO")
    let sorted = names.sorted()
    for name in sorted { line(".Xr \(name) 1" + (name == sorted.last ? "" : " ,")) }
  }

  private static func hyphenated(_ text: String) -> String {
    text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
  }

  private static func escaped(_ text: String) -> String {
    // A new sentence begins a new line.
    text.replacing("\\", with: "\\e").replacing("--", with: "\\-\\-")
      .replacing(". ", with: ".\n").split(separator: "\n").map { line in
        (line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" : "") + line
      }.joined(separator: "\n")
  }
}

/// A section of the notes below a help text: a heading at the margin and what is indented below it.
struct HelpSection {
  enum Block {
    /// A term, two or more spaces, and what it means.
    case item(term: String, words: String)
    case paragraph(String)
  }

  let title: String
  /// What stands below the heading, without the first two spaces.
  private(set) var lines: [String] = []

  static func all(of notes: String) -> [HelpSection] {
    var sections: [HelpSection] = []
    for line in notes.split(separator: "\n", omittingEmptySubsequences: false) {
      if !line.isEmpty && !line.hasPrefix(" ") {
        sections.append(HelpSection(title: String(line)))
      } else if !sections.isEmpty, !line.isEmpty {
        sections[sections.count - 1].lines.append(String(line.dropFirst(2)))
      }
    }
    return sections
  }

  var blocks: [Block] {
    var blocks: [Block] = []
    for (index, line) in lines.enumerated() {
      let words = line.drop { $0 == " " }
      if line.hasPrefix(" "), let last = blocks.popLast() {
        blocks.append(last.adding(String(words)))
      } else if let gap = line.firstRange(of: "  ") {
        let meaning = line[gap.upperBound...].drop { $0 == " " }
        blocks.append(.item(term: String(line[..<gap.lowerBound]), words: String(meaning)))
      } else if index + 1 < lines.count, lines[index + 1].hasPrefix("   ") {
        blocks.append(.item(term: line, words: ""))
      } else if case .paragraph? = blocks.last, let last = blocks.popLast() {
        blocks.append(last.adding(line))
      } else {
        blocks.append(.paragraph(line))
      }
    }
    return blocks
  }
}

extension HelpSection.Block {
  fileprivate func adding(_ more: String) -> Self {
    switch self {
    case .item(let term, let words):
      .item(term: term, words: words.isEmpty ? more : words + " " + more)
    case .paragraph(let words): .paragraph(words + " " + more)
    }
  }
}
