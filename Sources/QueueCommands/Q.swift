import ArgumentParser

/// `q`: says what commands there are. Which one is meant by `q VERB` is found without the parser, that
/// takes as long as most commands do.
struct Q: ExplainedCommand {
  static let help = CommandHelp(
    "q", "A queue that is a directory: ids in, handlers run in parallel, nothing lost.",
    usage: "VERB ... (or q-VERB ...)",
    examples: ["seq 100 | q-enqueue", "q-work --workers 4 -- echo", "q-stats"],
    sections: [
      HelpSection("TOPICS", rows: HelpTopic.allCases.map { ($0.rawValue, $0.abstract) }),
      HelpSection(
        "MORE HELP",
        intro: """
          'q help VERB' has the options of a command, 'q help TOPIC' a topic. 'q help VERB --man | man -l -'
          is the manual page, 'q help --completions SHELL VERB' the completion script for bash, zsh or fish.
          """),
    ],
    exits: Dictionary(uniqueKeysWithValues: ExitStatus.allCases.map { ($0, $0.meaning) }),
    usual: [:], outro: "128 + n: q-work ended by signal n, after its handlers.",
    subcommands: Commands.all)

  /// Short: exit statuses and the environment are in the manual page.
  static var notes: String { help.sections.prefix(2).map(\.text).joined(separator: "\n") }

  func execute() throws { throw CleanExit.helpRequest(self) }
}
