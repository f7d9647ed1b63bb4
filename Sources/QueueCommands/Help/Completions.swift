import ArgumentParser

/// Completion scripts, made from what the commands declare.
///
/// ArgumentParser's own offer a subcommand `help` that a command without subcommands refuses
/// (apple/swift-argument-parser#671), go on with the options behind a handler, and know no `q VERB`.
enum CompletionScript: String, CaseIterable, ExpressibleByArgument {
  case bash, zsh, fish

  /// The script for `q-VERB` of one command.
  func script(for verb: String, _ type: any ExplainedCommand.Type) throws -> String {
    let command = try Completed(verb, type)
    return switch self {
    case .bash: BashCompletion.script(for: command) + "\n"
    case .zsh: ZshCompletion.script(for: command) + "\n"
    case .fish: FishCompletion.script(for: command) + "\n"
    }
  }

  /// The script for `q`: verbs, and behind each what its command takes.
  func script(for commands: [(verb: String, type: any ExplainedCommand.Type)]) throws -> String {
    let all = try commands.map { try Completed($0.verb, $0.type) }
    return switch self {
    case .bash: BashCompletion.script(for: all) + "\n"
    case .zsh: ZshCompletion.script(for: all) + "\n"
    case .fish: FishCompletion.script(for: all) + "\n"
    }
  }
}
