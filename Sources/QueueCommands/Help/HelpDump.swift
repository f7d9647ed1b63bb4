import ArgumentParser
import FoundationEssentials

/// What a command declares, as ArgumentParser dumps it.
struct HelpDump: Decodable {
  private struct Command: Decodable { var arguments: [Parameter]? }

  private struct Name: Decodable { var kind, name: String }

  /// One of these is there.
  private struct Completion: Decodable {
    struct Values: Decodable { var values: [String]? }
    var file, directory, list, shellCommand: Values?
  }

  /// What a shell may offer for a value.
  enum Offer: Equatable {
    case none, file, directory, program, queues
    case words([String])
  }

  enum Kind: String, Decodable { case positional, option, flag }

  struct Parameter: Decodable {
    var kind: Kind
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isRepeating: Bool
    private var parsingStrategy: String
    private var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    private var completionKind: Completion?

    /// As it is typed: `-s`, `--store`.
    var spellings: [String] { (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name } }
    var offer: Offer {
      // An operand that takes all that follows, options or not, is another program with its words.
      if kind == .positional && parsingStrategy == "allRemainingInput" { return .program }
      if let words = completionKind?.list?.values ?? allValues { return .words(words) }
      if completionKind?.directory != nil { return .directory }
      if completionKind?.file != nil { return .file }
      // Only names of queues are listed by a command.
      return completionKind?.shellCommand != nil ? .queues : .none
    }
    /// The help, with the values and the default where there are some.
    var help: String {
      let values = allValues.map { "(values: \($0.joined(separator: ", ")))" }
      let standard = defaultValue.map { "(default: \($0))" }
      return [abstract, values, standard].compactMap { $0 }.joined(separator: " ")
    }
  }

  private var command: Command

  /// What `type` shows in its help: its operands and options, in the order of declaration.
  static func displayed(of type: any ExplainedCommand.Type) throws -> [Parameter] {
    let dump = try JSONDecoder().decode(HelpDump.self, from: Data(type._dumpHelp().utf8))
    return (dump.command.arguments ?? []).filter(\.shouldDisplay)
  }
}
