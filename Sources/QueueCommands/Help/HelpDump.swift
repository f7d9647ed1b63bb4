import ArgumentParser
import FoundationEssentials

/// What a command declares, as ArgumentParser dumps it.
struct HelpDump: Decodable {
  struct Command: Decodable { var arguments: [Argument]? }

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
    var completionKind: Completions?

    var spellings: [String] { (names ?? []).map(\.text) }
    /// What a shell may offer for its value. An operand that takes all that follows, options or not,
    /// is another program with its words.
    var values: Completions {
      if kind == .positional && parsingStrategy == "allRemainingInput" { return .program }
      return completionKind ?? allValues.map { .words($0) } ?? .none
    }
    /// The help, with the values and the default where there are some.
    var help: String {
      let values = allValues.map { "(values: \($0.joined(separator: ", ")))" }
      let standard = defaultValue.map { "(default: \($0))" }
      return [abstract, values, standard].compactMap { $0 }.joined(separator: " ")
    }
  }

  enum Completions: Decodable, Equatable {
    case none, file, directory, program, queues
    case words([String])

    private enum CodingKeys: CodingKey { case file, directory, list, shellCommand }
    private struct List: Decodable { var values: [String] }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      self =
        if let list = try container.decodeIfPresent(List.self, forKey: .list) {
          .words(list.values)
        } else if container.contains(.directory) {
          .directory
        } else if container.contains(.file) {
          .file
        } else {
          // Only names of queues are listed by a command.
          container.contains(.shellCommand) ? .queues : .none
        }
    }
  }

  var command: Command

  /// What `type` shows in its help: its operands and options, in the order of declaration.
  static func displayed(of type: any ExplainedCommand.Type) throws -> [Argument] {
    let dump = try JSONDecoder().decode(HelpDump.self, from: Data(type._dumpHelp().utf8))
    return (dump.command.arguments ?? []).filter(\.shouldDisplay)
  }
}
