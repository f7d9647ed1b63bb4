import ArgumentParser

/// Reads plain command lines:
///
/// ```
/// line    = { option | word }
/// option  = "--" NAME | "--" NAME "=" VALUE | "--" NAME VALUE | "-" LETTER | "-" LETTER VALUE
///         | "-" LETTER VALUE in one word, without "=" in it
/// VALUE, word = not empty, not beginning with "-"
/// ```
///
/// An option comes once, but for those that may be repeated. Names are whole. No `--`.
struct PlainReader<Command: PlainCommand> {
  private let options = Command.plainOptions + StoreOptions.optionTable()
  private var command = Command.withoutArguments
  private var seen: [String] = []

  /// The command that a line means; nil when the line is not plain.
  static func read(_ arguments: [String]) -> Command? {
    var reader = PlainReader()
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard reader.take(word, &rest) else { return nil }
    }
    do {
      try reader.command.validateGroups()
      try reader.command.validate()
    } catch {
      return nil
    }
    return reader.command
  }

  private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) -> Bool {
    if !word.utf8.starts(with: "-".utf8) { return !word.isEmpty && command.takeWord(word) }
    if word.utf8.starts(with: "--".utf8) { return takeLong(word.dropFirst(2), &rest) }
    return takeShort(word.dropFirst(), &rest)
  }

  private mutating func takeLong(_ word: Substring, _ rest: inout ArraySlice<String>) -> Bool {
    let name = word.prefix { $0 != "=" }
    guard let option = options.first(where: { $0.long == name }) else { return false }
    let value = name.endIndex < word.endIndex ? word[word.index(after: name.endIndex)...] : nil
    return apply(option, value.map(String.init), &rest)
  }

  private mutating func takeShort(_ word: Substring, _ rest: inout ArraySlice<String>) -> Bool {
    guard let letter = word.first, let option = options.first(where: { $0.short == letter }) else {
      return false
    }
    let value = word.dropFirst()
    // ArgumentParser reads -sa=b as an option of another name.
    if value.contains("=") { return false }
    return apply(option, value.isEmpty ? nil : String(value), &rest)
  }

  private mutating func apply(
    _ option: PlainOption<Command>, _ joined: String?, _ rest: inout ArraySlice<String>
  ) -> Bool {
    let isFirst = !seen.contains(option.long)
    seen.append(option.long)
    switch option.effect {
    case .flag(let set):
      guard isFirst, joined == nil else { return false }
      set(&command)
      return true
    case .value(let take):
      guard isFirst, let value = joined ?? rest.popFirst(), Self.isPlain(value) else {
        return false
      }
      return take(&command, value)
    case .values(let take):
      guard let value = joined ?? rest.popFirst(), Self.isPlain(value) else { return false }
      return take(&command, value)
    }
  }

  private static func isPlain(_ value: String) -> Bool {
    !value.isEmpty && !value.utf8.starts(with: "-".utf8)
  }
}

/// Runs the command that a plain line means, and ends the process; returns when the line is not plain.
private func performPlainly<Command: PlainCommand>(_ type: Command.Type, _ arguments: [String]) {
  guard var command = PlainReader<Command>.read(arguments),
    Command.takesSeveralQueues || command.storeOptions.queueNames.count < 2
  else { return }
  performToEnd(type) { try command.execute() }
}

/// Runs what a verb means with these arguments, and ends the process; returns when that takes the
/// argument parser.
func performPlainly(_ verb: String, _ arguments: [String]) {
  switch verb {
  case "enqueue": performPlainly(Enqueue.self, arguments)
  case "stats": performPlainly(Stats.self, arguments)
  case "list": performPlainly(List.self, arguments)
  case "show": performPlainly(Show.self, arguments)
  case "retry": performPlainly(Retry.self, arguments)
  case "remove": performPlainly(Remove.self, arguments)
  case "prune": performPlainly(Prune.self, arguments)
  case "pause": performPlainly(Pause.self, arguments)
  case "resume": performPlainly(Resume.self, arguments)
  case "wait": performPlainly(Wait.self, arguments)
  case "claim": performPlainly(ClaimItems.self, arguments)
  case "extend": performPlainly(ExtendLeases.self, arguments)
  case "settle": performPlainly(SettleClaims.self, arguments)
  case "results": performPlainly(Results.self, arguments)
  default: break
  }
}
