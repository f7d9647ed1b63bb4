import ArgumentParser

/// What is said of a command line that means nothing.
enum UsageMessage {
  /// The parser's words, or better ones: what is valid, or what may have been meant.
  static func text(_ error: any Error, of type: any ExplainedCommand.Type) -> String {
    let message = type.message(for: error)
    if let explained = InvalidValue.explained(message) { return explained }
    guard let option = unknownOption(in: message) else { return message }
    let known = (try? HelpDump.displayed(of: type))?.flatMap(\.spellings) ?? []
    let meant = Nearest.option(to: option, among: known)
    return "Unknown option '\(option)'" + (meant.map { ": \($0) may be meant" } ?? "")
  }

  /// The option of `Unknown option '--x'`, whatever the parser adds to it.
  private static func unknownOption(in message: String) -> String? {
    let start = "Unknown option '"
    guard message.hasPrefix(start) else { return nil }
    return String(message.dropFirst(start.count).prefix { $0 != "'" })
  }
}
