import ArgumentParser
import FoundationEssentials

/// What a command's declarations say of its options, as the parser dumps it.
struct HelpDump: Decodable {
  struct Command: Decodable {
    var arguments: [Argument]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String

      /// As it is typed, without the first hyphen.
      var typed: String { (kind == "long" ? "-" : "") + name }
    }

    var kind: String
    var shouldDisplay: Bool
    var names: [Name]?
    var valueName: String?
    var abstract: String?
    var defaultValue: String?
    var allValues: [String]?
  }

  var command: Command

  /// The options and operands that the help shows, in its order.
  static func displayed(of type: any QueueCommand.Type) throws -> [Argument] {
    let dump = try JSONDecoder().decode(HelpDump.self, from: Data(type._dumpHelp().utf8))
    return (dump.command.arguments ?? []).filter(\.shouldDisplay)
  }
}
