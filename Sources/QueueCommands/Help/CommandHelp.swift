import ArgumentParser

/// What is told of a command, each fact once: the parser, `--help` and the manual page take it from here.
struct CommandHelp {
  /// As it is typed: `q-work`, `q help`.
  let name: String
  /// What stands behind the name.
  let usage: String
  let configuration: CommandConfiguration
  let examples: [String]
  /// In the order of the help.
  let sections: [HelpSection]
  /// Options that one may expect and that are not there, and why.
  let lacks: [String: String]

  /// `exits`: what statuses mean beside what they mean in all commands of a store (`usual`), or
  /// `instead`; `outro`: what is to say behind them.
  init(
    _ name: String, _ abstract: String, usage: String, examples: [String],
    sections: [HelpSection] = [], exits: [ExitStatus: String],
    instead: [ExitStatus: String] = [:], usual: [ExitStatus: String] = ExitStatus.ofStores,
    outro: String = "", environment: [HelpSection.Row] = [], lacks: [String: String] = [:],
    subcommands: [any ParsableCommand.Type] = []
  ) {
    (self.name, self.usage, self.examples, self.lacks) = (name, usage, examples, lacks)
    configuration = CommandConfiguration(
      commandName: name == "q" ? name : String(name.dropFirst(2)), abstract: abstract,
      usage: "\(name) \(usage)",
      discussion: (["EXAMPLES"] + examples.map { "  " + $0 }).joined(separator: "\n"),
      version: versionText(of: name), subcommands: subcommands)
    let statuses = usual.merging(exits) { "\($1); or \($0)" }.merging(instead) { $1 }
      .sorted { $0.key.rawValue < $1.key.rawValue }
    self.sections =
      sections + [
        HelpSection(
          "EXIT STATUS", rows: statuses.map { ("\($0.key.rawValue)", $0.value) }, outro: outro),
        HelpSection("ENVIRONMENT", rows: Self.environment + environment),
      ]
  }

  /// What stands below the options in the help.
  var notes: String { sections.map(\.text).joined(separator: "\n") }

  private static let environment: [HelpSection.Row] = [
    ("Q_STORE, Q_QUEUE", "what --store and --queue mean when they are not given"),
    ("Q_TRUST", "stores of other users to use, with colons in between; 1: all"),
  ]
}
