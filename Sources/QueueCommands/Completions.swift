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

/// A command as completion scripts see it.
struct Completed {
  let verb, abstract: String
  /// Without operands.
  let options: [HelpDump.Argument]
  /// What its operands are: the first declared speaks for all.
  let operands: CompletionValues
  let operandName: String

  init(_ verb: String, _ type: any ExplainedCommand.Type) throws {
    let arguments = try HelpDump.arguments(of: type)
    let operand = arguments.first { $0.kind == .positional }
    self.verb = verb
    abstract = type.configuration.abstract
    options = arguments.filter { $0.kind != .positional }
    operands = operand?.values ?? .none
    operandName = operand?.valueName ?? "operand"
  }

  /// The spellings of the options that take a value.
  var valued: [String] { options.filter { $0.kind == .option }.flatMap(\.spellings) }
}

/// A word in single quotes, for any shell of the three.
func shellQuoted(_ text: String, escape: String = #"'\''"#) -> String {
  "'\(text.replacing("'", with: escape))'"
}
