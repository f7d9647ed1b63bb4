import ArgumentParser
import LMDBStore
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The commands by their verbs.
private let commands: [(verb: String, type: any QueueCommand.Type)] = [
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
    run(command, arguments)
  }
  runVerb(arguments)
}

private func find(_ verb: String) -> (any QueueCommand.Type)? {
  let verb = verb.hasPrefix("q-") ? String(verb.dropFirst(2)) : verb
  return commands.first { $0.verb == verb }?.type
}

/// `q help [VERB]`, `q help --man [VERB]`, `q help --completions SHELL [VERB]`.
private func help(_ arguments: [String]) -> Never {
  var words = arguments
  let page = words.firstIndex(of: "--man").map { words.remove(at: $0) }
  var shell: String?
  if page == nil, let place = words.firstIndex(of: "--completions") {
    words.remove(at: place)
    guard place < words.count, Completions.shells.contains(words[place]) else {
      fail(
        "q", .usage, "--completions needs a shell: \(Completions.shells.joined(separator: ", "))")
    }
    shell = words.remove(at: place)
  }
  guard words.count < 2 else { fail("q", .usage, "one VERB at a time: \(words[1])") }
  var command: (any QueueCommand.Type)?
  if let topic = words.first, topic != "q" {
    command = find(topic)
    if command == nil { fail("q", .usage, unknown(topic)) }
  }
  if page != nil {
    let names = commands.map { "q-\($0.verb)" }
    guard let command else {
      let abstracts = commands.map { ("q-\($0.verb)", $0.type.configuration.abstract) }
      finish(ManualPage.ofAll(abstracts))
    }
    do {
      finish(try ManualPage.of(command, others: ["q"] + names))
    } catch {
      fail("q", .software, "cannot make the page: \(error)")
    }
  }
  if let shell {
    let script = command.map { Completions.script(of: $0, for: shell) }
    finish((script ?? Completions.script(of: commands.map(\.verb), for: shell)) ?? "")
  }
  guard let command else { finish(overview) }
  run(command, ["--help"])
}

/// `q VERB ...`, `q help [VERB]`, `q --version`.
private func runVerb(_ arguments: [String]) -> Never {
  switch arguments.first {
  case nil, "--help", "-h":
    finish(overview)
  case "help":
    help(Array(arguments.dropFirst()))
  case "--version":
    finish("q \(version)")
  case let verb?:
    guard let command = find(verb) else { fail("q", .usage, unknown(verb)) }
    run(command, Array(arguments.dropFirst()))
  }
}

private func run(_ type: any QueueCommand.Type, _ arguments: [String]) -> Never {
  let name = type.configuration.commandName ?? "q"
  do {
    guard var command = try type.parseAsRoot(arguments) as? any QueueCommand else {
      // Requests for help and completion scripts come as commands of the parser's own.
      var other = try type.parseAsRoot(arguments)
      try other.run()
      exit(ExitStatus.success.rawValue)
    }
    if command.storeOptions.queueNames.count > 1 && !type.takesSeveralQueues {
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

private func fail(_ name: String, _ status: ExitStatus, _ message: String) -> Never {
  say("\(name): \(message)")
  exit(status.rawValue)
}

private func unknown(_ verb: String) -> String {
  "no such command: \(verb): there are \(commands.map(\.verb).joined(separator: ", "))"
}

private var overview: String {
  let rows = commands.map { verb, type in
    "  q-\(verb)\(String(repeating: " ", count: 11 - verb.utf8.count))\(type.configuration.abstract)"
  }
  return """
    A queue that is a directory: ids in, handlers run in parallel, nothing lost.

    USAGE: q VERB ... (or q-VERB ...)

    COMMANDS
    \(rows.joined(separator: "\n"))

    A first run:
      seq 100 | q-enqueue
      q-work --workers 4 -- echo
      q-stats

    See 'q help VERB' for the options of one; 'q help VERB --man | man -l -' is its manual page,
    'q help --completions SHELL VERB' its completion script for bash, zsh or fish.
    """
}
