import ArgumentParser

/// Manual pages, made from what the commands declare.
enum ManualPage {
  /// The page `q-VERB.1` of a command, or `q.1`.
  static func of(_ type: any ExplainedCommand.Type) throws -> String {
    let (help, configuration) = (type.help, type.configuration)
    var page = Mdoc()
    var phrase = configuration.abstract.prefix(1).lowercased() + configuration.abstract.dropFirst()
    if phrase.hasSuffix(".") { phrase.removeLast() }
    page.macro("Dd \(versionDate)")
    page.macro("Dt \(Mdoc.escaped(help.name.uppercased())) 1")
    page.macro("Os queue\\-directory \(version)")
    page.macro("Sh NAME")
    page.macro("Nm \(Mdoc.escaped(help.name))")
    page.macro("Nd \(Mdoc.escaped(phrase))")
    page.macro("Sh SYNOPSIS")
    page.macro("Nm \(Mdoc.escaped(help.name))")
    page.synopsis(help.usage)
    page.macro("Sh DESCRIPTION")
    page.prose(configuration.abstract)
    options(&page, try HelpDump.displayed(of: type))

    var sections = help.sections
    if !configuration.subcommands.isEmpty {
      let rows = configuration.subcommands.compactMap { $0 as? any ExplainedCommand.Type }
        .map { ($0.help.name, $0.configuration.abstract) }
      sections.insert(HelpSection("COMMANDS", rows: rows), at: 0)
    }
    // In the order in which mdoc wants those that every page has.
    let last = ["ENVIRONMENT", "FILES", "EXIT STATUS"]
    sections.append(files)
    for section in sections where !last.contains(section.title) { page.section(section) }
    for section in last.flatMap({ title in sections.filter { $0.title == title } }) {
      page.section(section)
    }
    page.macro("Sh EXAMPLES")
    page.literal(help.examples)
    page.macro("Sh SEE ALSO")
    let others = (["q"] + Commands.all.map { $0.help.name }).filter { $0 != help.name }.sorted()
    for other in others { page.macro("Xr \(other) 1\(other == others.last ? "" : " ,")") }
    return page.text
  }

  /// The operands, then the options: those without a title, then each titled group.
  private static func options(_ page: inout Mdoc, _ arguments: [HelpDump.Parameter]) {
    let operands = arguments.filter { $0.kind == .positional }
    let options = arguments.filter { $0.kind != .positional }
    var titles = options.map(\.sectionTitle)
    for title in [nil] + titles where title == nil || titles.contains(title) {
      let group = (title == nil ? operands : []) + options.filter { $0.sectionTitle == title }
      titles.removeAll { $0 == title }
      if let title { page.macro("Ss \(Mdoc.escaped(title))") }
      page.list(width: 8, group.map { (item($0), $0.help) })
    }
  }

  private static func item(_ argument: HelpDump.Parameter) -> String {
    let value = Mdoc.escaped(argument.valueName ?? "value")
    if argument.kind == .positional {
      return "Ar \(value.uppercased())\(argument.isRepeating ? " ..." : "")"
    }
    let names = argument.spellings.map { "Fl \(Mdoc.escaped(String($0.dropFirst())))" }
      .joined(separator: " , ")
    return argument.kind == .flag ? names : "\(names) Ar \(value)"
  }

  private static let files = HelpSection(
    "FILES",
    rows: [
      (".q", "the store, in the working directory, where --store and Q_STORE name no other"),
      (".q/current", "the name of the environment in use: env.0"),
      (".q/env.N", "an LMDB environment: data.mdb has the items, lock.mdb is LMDB's own"),
      (".q/guard, .q/gate, .q/writer", "locked while an environment is opened, used, and written"),
      (".q/locks", "its locked bytes show which workers, handlers and fillings of batches live"),
      (".q/runs", "a file for each worker: what its handlers were when they started"),
      (".q/wake", "a file for each queue, touched when something in it may be claimed"),
    ])
}
