import ArgumentParser
import QueueCore

/// What a shell may offer for the word that is being typed. The scripts of all shells ask here.
///
/// ArgumentParser's own scripts offer a subcommand `help` where there is none
/// (apple/swift-argument-parser#671) and options behind a handler, where that program's own belong; what
/// lists queues for them does not see which store the line names. What is declared is taken from it.
enum Completion {
  /// The first argument of a command that is asked; the words of the line follow, up to the one that is
  /// being typed.
  static let request = "---complete"

  /// On the first line what is offered: `words`, `file`, `directory`, or `program N`, what the program
  /// takes whose name is the Nth word; on the second what stands before it in the same word, such as
  /// `--store=`; then the words, each with a TAB and a description.
  static func answer(_ line: [String]) -> String {
    guard let offer = try? offer(line) else { return "none" }
    var lines = [offer.prefix]
    switch offer.values {
    case .none: return "none"
    case .file: lines.insert("file", at: 0)
    case .directory: lines.insert("directory", at: 0)
    case .program: lines.insert("program \(offer.place)", at: 0)
    case .queues: lines = ["words"] + lines + queues(line).map { $0 + "\t" }
    case .words(let words): lines = ["words"] + lines + words
    }
    return lines.joined(separator: "\n")
  }

  private struct Offer {
    var values: HelpDump.Completions
    var prefix = ""
    /// Of the word that begins what is offered.
    var place = 0
  }

  private static func offer(_ line: [String]) throws -> Offer {
    // bash makes three words of --option=value.
    var words = line.enumerated().filter { place, word in
      word != "=" || place == 0 || !line[place - 1].hasPrefix("--")
    }[...]
    if line.last == "=" { words.append((line.count - 1, "")) }
    guard let name = words.popFirst()?.element, let (place, current) = words.popLast() else {
      return Offer(values: .none)
    }
    var command = Q.command(String(name.split(separator: "/").last ?? ""))
    if command == nil {
      guard let verb = words.popFirst()?.element else {
        if current.hasPrefix("-") { return Offer(values: .words(["--help\t", "--version\t"])) }
        return Offer(
          values: .words((Q.verbs + [Help.self]).map { "\($0.verb)\t\($0.configuration.abstract)" })
        )
      }
      command = verb == "help" ? Help.self : Q.command(verb)
    }
    let arguments = try command.map(HelpDump.displayed) ?? []
    let operand = arguments.first { $0.kind == .positional }?.values ?? .none
    func valued(_ word: Substring) -> HelpDump.Argument? {
      arguments.first { $0.kind == .option && $0.spellings.contains(String(word)) }
    }

    var (option, isOver): (HelpDump.Argument?, Bool) = (nil, false)
    for (place, word) in words {
      if option != nil {
        option = nil
      } else if word == "--" {
        isOver = true
        if operand == .program { return Offer(values: operand, place: place + 1) }
      } else if operand == .program, !word.hasPrefix("-") {
        return Offer(values: operand, place: place)
      } else if !isOver {
        option = valued(word[...])
      }
    }
    if let option { return Offer(values: option.values) }
    if isOver || !current.hasPrefix("-") { return Offer(values: operand, place: place) }
    let spelling = current.hasPrefix("--") ? current.prefix { $0 != "=" } : current.prefix(2)
    if spelling.count < current.count, let option = valued(spelling) {
      let isLong = spelling.hasPrefix("--")
      return Offer(values: option.values, prefix: spelling + (isLong ? "=" : ""))
    }
    let given = words.map(\.element)
    let free = arguments.filter { $0.isRepeating || !$0.spellings.contains(where: given.contains) }
    return Offer(
      values: .words(free.flatMap { free in free.spellings.map { "\($0)\t\(free.help)" } }))
  }

  /// The queues of the store that the line names.
  private static func queues(_ line: [String]) -> [String] {
    var place = PlaceOptions.none
    place.trust = line.contains("--trust")
    for (word, next) in zip(line, line.dropFirst() + [""]) {
      if word == "-s" || word == "--store" {
        place.store = next
      } else if word.hasPrefix("--store=") || word.hasPrefix("-s") {
        place.store = String(word.dropFirst(word.hasPrefix("-s") ? 2 : 8))
      }
    }
    if let store = place.store, store.hasPrefix("~/"), let home = environment("HOME") {
      place.store = home + store.dropFirst()
    }
    return (try? place.open().summaries().map(\.name.text)) ?? []
  }
}
