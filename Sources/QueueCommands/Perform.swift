import ArgumentParser
import Glibc
import QueueCore

/// Runs a command to its end, and exits as it ended.
func perform(_ type: any ExplainedCommand.Type, _ arguments: [String]) -> Never {
  let arguments = type == Work.self ? ShapeOptions.readable(arguments) : arguments
  performToEnd(type) {
    guard var command = try type.parseAsRoot(arguments) as? any ExplainedCommand else {
      // Requests for help come as commands of the parser's own.
      var other = try type.parseAsRoot(arguments)
      return try other.run()
    }
    if let command = command as? any QueueCommand, !command.takesItsQueues {
      throw ValidationError("one --queue at a time")
    }
    try command.execute()
  }
}

/// Runs what a command does, and exits as it ended.
func performToEnd(_ type: any ExplainedCommand.Type, _ execute: () throws -> Void) -> Never {
  do {
    try execute()
    exit(ExitStatus.success.rawValue)
  } catch {
    let name = type.help.name
    if let error = error as? CommandError {
      if !error.isSaid { exit(error.status.rawValue) }
      fail(name, error.status, error.message)
    }
    if let error = error as? StoreError {
      let error = CommandError(error)
      fail(name, error.status, error.message)
    }
    if type.exitCode(for: error).isSuccess {
      printAndExit(explained(type, type.fullMessage(for: error)))
    }
    fail(
      name, .usage,
      "\(UsageMessage.text(error, of: type))\nTry '\(name) --help' for its options and examples.")
  }
}

/// The parser's help, with what it does not know of.
func explained(_ type: any ExplainedCommand.Type, _ message: String) -> String {
  guard message.contains("USAGE:") else { return message }
  return message + (message.hasSuffix("\n") ? "\n" : "\n\n") + type.notes
}

/// Prints a text, and exits.
func printAndExit(_ text: String) -> Never {
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
