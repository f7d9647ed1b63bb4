import ArgumentParser

/// The commands by their verbs.
let commands: [(verb: String, type: any ExplainedCommand.Type)] = [
  ("enqueue", Enqueue.self), ("work", Work.self), ("stats", Stats.self), ("list", List.self),
  ("show", Show.self), ("retry", Retry.self), ("remove", Remove.self), ("pause", Pause.self),
  ("resume", Resume.self), ("wait", Wait.self), ("config", Config.self), ("check", Check.self),
]

/// The command of a verb or of its program's name.
func findCommand(_ verb: String) -> (verb: String, type: any ExplainedCommand.Type)? {
  let verb = verb.hasPrefix("q-") ? String(verb.dropFirst(2)) : verb
  return commands.first { $0.verb == verb }
}

/// Why a verb is none.
func unknownVerb(_ verb: String) -> String {
  let known = commands.map(\.verb)
  if let meant = Nearest.verb(to: verb, among: known) {
    return "no such command: \(verb): q \(meant) may be meant"
  }
  return "no such command: \(verb): there are \(known.joined(separator: ", "))"
}

/// What `q` alone says.
var overview: String {
  let rows = commands.map { verb, type in
    "  q-\(verb)\(String(repeating: " ", count: 11 - verb.utf8.count))\(type.configuration.abstract)"
  }
  return """
    A queue that is a directory: ids in, handlers run in parallel, nothing lost.

    USAGE: q VERB ... (or q-VERB ...)

    COMMANDS
    \(rows.joined(separator: "\n"))

    TOPICS (q help TOPIC)
    \(HelpTopic.allCases.map { "  \($0.rawValue)       \($0.abstract)" }.joined(separator: "\n"))

    A first run:
    \(firstRun.map { "  " + $0 }.joined(separator: "\n"))

    See 'q help VERB' for the options of one; 'q help VERB --man | man -l -' is its manual page,
    'q help --completions SHELL VERB' its completion script for bash, zsh or fish.
    """
}

/// Commands that show what a queue is.
let firstRun = ["seq 100 | q-enqueue", "q-work --workers 4 -- echo", "q-stats"]
