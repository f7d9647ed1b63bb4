import ArgumentParser

/// What is said of a command line that means nothing.
enum UsageMessage {
  /// The parser's words, or better ones: what is valid, or what may have been meant.
  static func text(_ error: any Error, of type: any ExplainedCommand.Type) -> String {
    let message = type.message(for: error)
    if let explained = InvalidValue.explained(message, of: type.help.name) { return explained }
    guard let option = unknownOption(in: message) else { return message }
    return "Unknown option '\(option)'" + (instead(of: option, type).map { ": " + $0 } ?? "")
  }

  /// Why there is no such option here, what may be meant, or who has it.
  private static func instead(of option: String, _ type: any ExplainedCommand.Type) -> String? {
    let name = String(option.prefix { $0 != "=" })
    func known(_ type: any ExplainedCommand.Type) -> [[String]] {
      ((try? HelpDump.displayed(of: type)) ?? []).map(\.spellings)
    }
    let others = Commands.all.filter { known($0).contains { $0.contains(name) } }
    let names = others.flatMap(known).first { $0.contains(name) } ?? [name]
    if let why = names.lazy.compactMap({ type.help.lacks[$0] }).first {
      return "\(type.help.name) has none: \(why)"
    }
    if let meant = Nearest.option(to: option, among: known(type).flatMap { $0 }) {
      return "\(meant) may be meant"
    }
    return others.isEmpty
      ? nil : "it is an option of " + others.map { $0.help.name }.joined(separator: ", ")
  }

  /// The option of `Unknown option '--x'`, whatever the parser adds to it.
  private static func unknownOption(in message: String) -> String? {
    let start = "Unknown option '"
    guard message.hasPrefix(start) else { return nil }
    return String(message.dropFirst(start.count).prefix { $0 != "'" })
  }
}
