import ArgumentParser

/// `q help`: the help, the manual page or the completion script of a command, or of `q`.
struct Help: ExplainedCommand {
  static let help = CommandHelp(
    "q help", "Show the help, the manual page or the completion script of a command.",
    usage: "[VERB] [--man | --completions SHELL]",
    examples: [
      "q help work", "q help work --man | man -l -", "source <(q help work --completions bash)",
    ],
    exits: [.success: "fine", .usage: "usage, or no such command"],
    instead: [.inputOutput: "standard output takes no more"], usual: [:])

  @Argument(
    help: ArgumentHelp("The command, or a topic; without one, q itself.", valueName: "verb"),
    completion: .list(Commands.all.map { $0.verb } + HelpTopic.allCases.map(\.rawValue)))
  var verb: String?

  @Flag(name: .spelled, help: "Its manual page, in mdoc: 'man -l -' shows it.")
  var man = false

  @Option(
    name: .spelled,
    help: ArgumentHelp("Its completion script, for bash, zsh or fish.", valueName: "SHELL"))
  var completions: CompletionScript?

  static var notes: String { help.sections[0].text }

  func validate() throws {
    if man && completions != nil {
      throw ValidationError("--man and --completions exclude each other")
    }
  }

  func execute() throws {
    let word = verb ?? "q"
    if let topic = HelpTopic(rawValue: word), !man, completions == nil { printAndExit(topic.text) }
    guard let type = word == "q" ? Q.self : Commands.named(word) else {
      fail("q", .usage, Commands.unknown(word))
    }
    if man { printAndExit(try ManualPage.of(type)) }
    if let completions { printAndExit(completions.script(for: type.help.name)) }
    printAndExit(explained(type, type.helpMessage()))
  }
}
