import ArgumentParser
import LMDBStore
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The commands by their verbs.
let commands: [(verb: String, type: any QueueCommand.Type)] = [
  ("enqueue", Enqueue.self), ("work", Work.self), ("stats", Stats.self), ("list", List.self),
  ("show", Show.self), ("retry", Retry.self), ("remove", Remove.self), ("pause", Pause.self),
  ("resume", Resume.self), ("wait", Wait.self), ("config", Config.self), ("check", Check.self),
]

/// Runs the command that this process was called as: `q-enqueue`, or `q` with a verb behind it.
/// Exits; does not return.
public func runCommand() -> Never {
  keepStandardDescriptors()
  let called = String(
    CommandLine.arguments.first.map { $0.split(separator: "/").last ?? "q" } ?? "q")
  let arguments = Array(CommandLine.arguments.dropFirst())
  if called.hasPrefix("q-"), let command = find(String(called.dropFirst(2))) {
    perform(command.type, arguments)
  }
  runVerb(arguments)
}

/// The command of a verb or of its program's name.
func find(_ verb: String) -> (verb: String, type: any QueueCommand.Type)? {
  let verb = verb.hasPrefix("q-") ? String(verb.dropFirst(2)) : verb
  return commands.first { $0.verb == verb }
}

/// `q VERB ...`, `q help ...`, `q --version`.
private func runVerb(_ arguments: [String]) -> Never {
  switch arguments.first {
  case nil, "--help", "-h":
    finish(overview)
  case "help":
    perform(Help.self, Array(arguments.dropFirst()))
  case "--version":
    finish("q \(version)")
  case let verb?:
    guard let command = find(verb) else { fail("q", .usage, unknown(verb)) }
    perform(command.type, Array(arguments.dropFirst()))
  }
}

/// Runs a command to its end, and exits as it ended.
func perform(_ type: any ExplainedCommand.Type, _ arguments: [String]) -> Never {
  let name = type.configuration.commandName ?? "q"
  do {
    guard var command = try type.parseAsRoot(arguments) as? any ExplainedCommand else {
      // Requests for help and completion scripts come as commands of the parser's own.
      var other = try type.parseAsRoot(arguments)
      try other.run()
      exit(ExitStatus.success.rawValue)
    }
    if let command = command as? any QueueCommand, !command.takesItsQueues {
      throw ValidationError("one --queue at a time")
    }
    try command.execute()
    exit(ExitStatus.success.rawValue)
  } catch let error as CommandError {
    fail(name, error.status, error.message)
  } catch let error as StoreError {
    let error = CommandError(error)
    fail(name, error.status, error.message)
  } catch {
    if type.exitCode(for: error).isSuccess {
      let message = type.fullMessage(for: error)
      finish(message.contains("USAGE:") ? message + "\n" + type.notes : message)
    }
    fail(
      name, .usage,
      "\(type.message(for: error))\nTry '\(name) --help' for its options and examples.")
  }
}

private func finish(_ text: String) -> Never {
  do {
    var output = DataOutput()
    try output.write(text + (text.hasSuffix("\n") ? "" : "\n"))
    try output.flush()
  } catch {
    fail("q", error.status, error.message)
  }
  exit(ExitStatus.success.rawValue)
}

/// Says what failed, and exits.
func fail(_ name: String, _ status: ExitStatus, _ message: String) -> Never {
  say("\(name): \(message)")
  exit(status.rawValue)
}

func unknown(_ verb: String) -> String {
  "no such command: \(verb): there are \(commands.map(\.verb).joined(separator: ", "))"
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

    A first run:
    \(firstRun.map { "  " + $0 }.joined(separator: "\n"))

    See 'q help VERB' for the options of one; 'q help VERB --man | man -l -' is its manual page,
    'q help --completions SHELL VERB' its completion script for bash, zsh or fish.
    """
}

/// Commands that show what a queue is.
let firstRun = ["seq 100 | q-enqueue", "q-work --workers 4 -- echo", "q-stats"]
