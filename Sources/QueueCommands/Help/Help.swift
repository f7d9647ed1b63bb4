import ArgumentParser

/// `q help`: the help, the manual page or the completion script of a command, or of `q`.
struct Help: ExplainedCommand {
  static let configuration = CommandConfiguration(
    commandName: "q help",
    abstract: "Show the help, the manual page or the completion script of a command.",
    usage: "q help [VERB] [--man | --completions SHELL]",
    discussion: """
      EXAMPLES
        q help work
        q help work --man | man -l -
        source <(q help work --completions bash)
      """)

  static let notes = """
    EXIT STATUS
      0  fine
      64 usage, or no such command
      74 standard output takes no more
    """

  @Argument(
    help: ArgumentHelp("The command, or a topic; without one, q itself.", valueName: "verb"),
    completion: .list(commands.map(\.verb) + HelpTopic.allCases.map(\.rawValue)))
  var verb: String?

  @Flag(name: .spelled, help: "Its manual page, in mdoc: 'man -l -' shows it.")
  var man = false

  @Option(
    name: .spelled,
    help: ArgumentHelp("Its completion script, for bash, zsh or fish.", valueName: "SHELL"),
    completion: .list(CompletionScript.allCases.map(\.rawValue)))
  var completions: CompletionScript?

  func validate() throws {
    if man && completions != nil {
      throw ValidationError("--man and --completions exclude each other")
    }
  }

  func execute() throws {
    var output = DataOutput()
    try output.write(try text())
    try output.flush()
  }

  private func text() throws -> String {
    guard let verb, verb != "q" else {
      if man { return try ManualPage.overview(commands, help: Help.self, firstRun: firstRun) }
      return try completions?.script(for: commands + [("help", Help.self)]) ?? overview + "\n"
    }
    if let topic = HelpTopic(rawValue: verb), !man, completions == nil { return topic.text + "\n" }
    guard let command = findCommand(verb) else { fail("q", .usage, unknownVerb(verb)) }
    if man {
      return try ManualPage.page(
        of: command.type, others: ["q"] + commands.map { "q-\($0.verb)" })
    }
    if let completions { return try completions.script(for: command.verb, command.type) }
    perform(command.type, ["--help"])
  }
}
