import ArgumentParser
import QueueCore

/// A command: options, help and what it does, in one type.
protocol QueueCommand: ParsableCommand {
  /// What stands below the options in the help: exit statuses, environment.
  static var notes: String { get }
  /// Does it. Throws ``CommandError`` or `StoreError`.
  mutating func execute() throws
}
