import ArgumentParser
import Glibc
import LMDBStore
import QueueCore

/// Runs a command to its end, and exits as it ended.
func perform(_ type: any ExplainedCommand.Type, _ arguments: [String]) -> Never {
  ending(type) {
    guard var command = try type.parseAsRoot(arguments) as? any ExplainedCommand else {
      // Requests for help and completion scripts come as commands of the parser's own.
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
func ending(_ type: any ExplainedCommand.Type, _ execute: () throws -> Void) -> Never {
  do {
    try execute()
    exit(ExitStatus.success.rawValue)
  } catch {
    let name = type.configuration.commandName ?? "q"
    if let error = error as? CommandError { fail(name, error.status, error.message) }
    if let error = error as? StoreError {
      let error = CommandError(error)
      fail(name, error.status, error.message)
    }
    if type.exitCode(for: error).isSuccess {
      let message = type.fullMessage(for: error)
      finish(message.contains("USAGE:") ? message + "\n" + type.notes : message)
    }
    fail(
      name, .usage,
      "\(UsageMessage.text(error, of: type))\nTry '\(name) --help' for its options and examples.")
  }
}

/// Prints a text, and exits.
func finish(_ text: String) -> Never {
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
