import ArgumentParser

/// Manual pages, made from what the commands declare.
enum ManualPage {
  /// The page `q-VERB.1` of a command; `others` are the names it refers to.
  static func page(of type: any ExplainedCommand.Type, others: [String]) throws -> String {
    let configuration = type.configuration
    let name = configuration.commandName ?? "q"
    let arguments = try HelpDump.displayed(of: type)
    var page = Mdoc()
    head(&page, name, configuration.abstract)
    synopsis(&page, name, configuration.usage ?? "\(name) [options]")

    var sections = HelpSection.sections(of: configuration.discussion)
    if sections.first?.title != "" { sections.insert(HelpSection(title: "", lines: []), at: 0) }
    page.section("DESCRIPTION")
    page.lines([configuration.abstract])
    let more = sections.removeFirst()
    if !more.lines.isEmpty { page.macro("Pp") }
    page.blocks(more.blocks)
    options(&page, arguments)

    sections += HelpSection.sections(of: type.notes)
    tail(&page, name, sections, others: others)
    return page.text
  }

  /// The page `q.1`.
  static func overview(
    _ commands: [(verb: String, type: any ExplainedCommand.Type)],
    help: any ExplainedCommand.Type, firstRun: [String]
  ) throws -> String {
    var page = Mdoc()
    head(&page, "q", "A queue that is a directory")
    synopsis(
      &page, "q",
      "q VERB [options] [ARG...]\nq help [VERB]\nq help [VERB] --man\n"
        + "q help [VERB] --completions SHELL")
    page.section("DESCRIPTION")
    page.blocks(HelpSection(title: "", lines: about).blocks)
    page.macro("Pp")
    let width = commands.map(\.verb.count).max() ?? 0
    page.list(
      width: width + 4, isCompact: true,
      commands.map { verb, type in ("Xr q-\(verb) 1", [type.configuration.abstract]) })
    page.macro("Ss Help")
    page.lines([help.configuration.abstract])
    options(&page, try HelpDump.displayed(of: help))
    let example = HelpSection(title: "EXAMPLES", lines: firstRun)
    tail(&page, "q", [example], others: commands.map { "q-\($0.verb)" })
    return page.text
  }

  private static func head(_ page: inout Mdoc, _ name: String, _ abstract: String) {
    let phrase = abstract.prefix(1).lowercased() + abstract.dropFirst()
    page.macro("Dd \(versionDate)")
    page.macro("Dt \(Mdoc.escaped(name.uppercased())) 1")
    page.macro("Os queue\\-directory \(version)")
    page.section("NAME")
    page.macro("Nm \(Mdoc.escaped(name))")
    page.macro("Nd \(Mdoc.escaped(phrase.hasSuffix(".") ? String(phrase.dropLast()) : phrase))")
  }

  /// The usage, word by word; each of its lines begins with the command's name.
  private static func synopsis(_ page: inout Mdoc, _ name: String, _ usage: String) {
    page.section("SYNOPSIS")
    for line in usage.split(separator: "\n") {
      for var word in line.split(separator: " ") {
        if word.hasPrefix("[") {
          page.macro("Oo")
          word.removeFirst()
        }
        let closes = word.hasSuffix("]") && !word.contains("[")
        if closes { word.removeLast() }
        page.macro(usageWord(String(word), name))
        if closes { page.macro("Oc") }
      }
    }
  }

  private static func usageWord(_ word: String, _ name: String) -> String {
    if word == name { return "Nm \(Mdoc.escaped(word))" }
    if word.hasPrefix("-") { return "Fl \(Mdoc.escaped(String(word.dropFirst())))" }
    if let bracket = word.firstIndex(of: "["), word.hasSuffix("]") {
      // An operand and one more that may follow it: ID[...]
      let inner = word[word.index(after: bracket)...].dropLast()
      return "Ar \(Mdoc.escaped(String(word[..<bracket]))) Ns Op Ar \(Mdoc.escaped(String(inner)))"
    }
    if word.first?.isLetter ?? false { return "Ar \(Mdoc.escaped(word))" }
    return "No \(Mdoc.quoted(word))"
  }

  /// The operands, then the options: those without a title, then each titled group.
  private static func options(_ page: inout Mdoc, _ arguments: [HelpDump.Argument]) {
    var titles: [String?] = [nil]
    for argument in arguments where !titles.contains(argument.sectionTitle) {
      titles.append(argument.sectionTitle)
    }
    for title in titles {
      let group = arguments.filter { $0.sectionTitle == title }
      let operands = group.filter { $0.kind == .positional }
      if group.isEmpty { continue }
      if let title { page.macro("Ss \(Mdoc.escaped(title))") }
      page.list(
        width: 8, isCompact: false,
        (operands + group.filter { $0.kind != .positional }).map { argument in
          (item(argument), [argument.help, argument.discussion ?? ""])
        })
    }
  }

  private static func item(_ argument: HelpDump.Argument) -> String {
    let value = argument.valueName ?? "value"
    if argument.kind == .positional {
      return "Ar \(Mdoc.escaped(value.uppercased()))\(argument.isRepeating ? " ..." : "")"
    }
    let names = argument.spellings.map { "Fl \(Mdoc.escaped(String($0.dropFirst())))" }
      .joined(separator: " , ")
    return argument.kind == .flag ? names : "\(names) Ar \(Mdoc.escaped(value))"
  }

  /// The command's own sections, then those that every page has.
  private static func tail(
    _ page: inout Mdoc, _ name: String, _ sections: [HelpSection], others: [String]
  ) {
    for section in sections where !common.contains(section.title) {
      page.section(section.title)
      page.blocks(section.blocks)
    }
    for title in common {
      var own = sections.filter { $0.title == title }.flatMap(\.lines)
      switch title {
      case "ENVIRONMENT" where !own.contains { $0.contains("Q_STORE") }: own = environment + own
      case "FILES": own = files + own
      case "EXIT STATUS" where own.isEmpty: own = exitStatus
      default: break
      }
      guard !own.isEmpty else { continue }
      page.section(title)
      if title == "EXAMPLES" {
        page.literal(own)
      } else {
        page.blocks(HelpSection(title: title, lines: own).blocks)
      }
    }
    page.section("SEE ALSO")
    let names = others.filter { $0 != name }.sorted()
    for other in names { page.macro("Xr \(other) 1\(other == names.last ? "" : " ,")") }
  }

  /// In the order in which mdoc wants them.
  private static let common = ["ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"]
}
