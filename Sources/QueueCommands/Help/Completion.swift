import ArgumentParser
import QueueCore

/// What a shell may offer for the word that is being typed. The scripts of all shells ask here.
///
/// ArgumentParser's own scripts offer a subcommand `help` where there is none
/// (apple/swift-argument-parser#671) and options behind a handler, where that program's own belong; what
/// lists queues for them does not see which store the line names. What is declared is taken from it.
enum Completion {
  /// `line` goes up to the word that is being typed. The answer's first line is what is offered: `words`,
  /// `file`, `directory`, or `program N`, what the program takes whose name is the Nth word; the second
  /// is what stands before it in the same word, such as `--store=`; the others are the words, each with
  /// a TAB and a description.
  static func answer(_ line: [String]) -> String {
    ((try? offer(line)) ?? ["none"]).joined(separator: "\n")
  }

  private static func offer(_ line: [String]) throws -> [String] {
    var command = Commands.named(String(line.first?.split(separator: "/").last ?? ""))
    let start = command == nil ? 2 : 1
    if start == 2, line.count > 2 {
      command = line[1] == "help" ? Help.self : Commands.named(line[1])
    }
    if start == 2, line.count == 2 {
      let verbs = (Commands.all + [Help.self]).map { "\($0.verb)\t\($0.configuration.abstract)" }
      return ["words", ""] + (line[1].hasPrefix("-") ? ["--help\t", "--version\t"] : verbs)
    }
    let arguments = try command.map(HelpDump.displayed) ?? []
    let operand = arguments.first { $0.kind == .positional }?.offer ?? .none
    func valued(_ spelling: String) -> HelpDump.Parameter? {
      arguments.first { $0.kind == .option && $0.spellings.contains(spelling) }
    }

    // Options and values as words of their own; with their places, and what the last one stands behind.
    var (words, prefix): ([(place: Int, text: String)], String) = ([], "")
    for (place, word) in line.enumerated().dropFirst(start) {
      let isLong = word.hasPrefix("--")
      let spelling = String(isLong ? word.prefix { $0 != "=" } : word.prefix(2))
      prefix = ""
      if word == "=", words.last?.text.hasPrefix("--") ?? false {
        // bash makes three words of --option=value.
        if place == line.count - 1 { words.append((place, "")) }
      } else if spelling != word, valued(spelling) != nil {
        prefix = spelling + (isLong ? "=" : "")
        words += [(place, spelling), (place, String(word.dropFirst(prefix.count)))]
      } else {
        words.append((place, word))
      }
    }
    guard let (last, current) = words.popLast() else { return ["none"] }

    var (values, open, isOver): ([String: String], String?, Bool) = ([:], nil, false)
    for (place, word) in words {
      if let option = open {
        values[option] = word
        open = nil
      } else if word == "--" {
        isOver = true
      } else if operand == .program, isOver || !word.hasPrefix("-") {
        return ["program \(place)"]
      } else if !isOver, valued(word) != nil {
        open = word
      }
    }
    if open == nil, !isOver, current.hasPrefix("-") {
      let given = words.map(\.text)
      let free = arguments.filter {
        $0.isRepeating || !$0.spellings.contains(where: given.contains)
      }
      return ["words", ""] + free.flatMap { free in free.spellings.map { "\($0)\t\(free.help)" } }
    }
    switch open.flatMap(valued)?.offer ?? operand {
    case .none: return ["none"]
    case .file: return ["file", prefix]
    case .directory: return ["directory", prefix]
    case .program: return ["program \(last)"]
    case .words(let words): return ["words", prefix] + words.map { $0 + "\t" }
    case .queues:
      var place = PlaceOptions.none
      place.trust = line.contains("--trust")
      place.store = (values["--store"] ?? values["-s"]).map { path in
        path.hasPrefix("~/") ? (environment("HOME") ?? "~") + path.dropFirst() : path
      }
      return ["words", prefix] + (try place.open().summaries().map { $0.name.text + "\t" })
    }
  }
}
