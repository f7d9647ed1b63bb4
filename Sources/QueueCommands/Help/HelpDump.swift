import ArgumentParser
import FoundationEssentials

/// What a command declares, as ArgumentParser dumps it.
struct HelpDump: Decodable {
  struct Command: Decodable {
    var arguments: [Argument]?
  }

  struct Name: Decodable {
    var kind: String
    var name: String

    /// As it is typed: `-s`, `--store`.
    var text: String { (kind == "long" ? "--" : "-") + name }
  }

  enum Kind: String, Decodable { case positional, option, flag }

  struct Argument: Decodable {
    var kind: Kind
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isRepeating: Bool
    var parsingStrategy: String
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    var discussion: String?
    var completionKind: CompletionValues?

    var spellings: [String] { (names ?? []).map(\.text) }
    /// An operand that takes all that follows, options or not: the words of another program.
    var isProgram: Bool { kind == .positional && parsingStrategy == "allRemainingInput" }
    var values: CompletionValues {
      isProgram ? .command : completionKind ?? allValues.map { .words($0) } ?? .none
    }
    /// The help, with the values and the default where there are some.
    var help: String {
      let values = allValues.map { "(values: \($0.joined(separator: ", ")))" }
      let standard = defaultValue.map { "(default: \($0))" }
      return [abstract, values, standard].compactMap { $0 }.joined(separator: " ")
    }
  }

  var command: Command

  /// What `type` shows in its help: its operands and options, in the order of declaration.
  static func displayed(of type: any ExplainedCommand.Type) throws -> [Argument] {
    let dump = try JSONDecoder().decode(HelpDump.self, from: Data(type._dumpHelp().utf8))
    return (dump.command.arguments ?? []).filter(\.shouldDisplay)
  }
}
