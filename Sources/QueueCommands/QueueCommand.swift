import ArgumentParser
import QueueCore

/// A command: options, help and what it does, in one type.
protocol QueueCommand: ParsableCommand {
  /// What stands below the options in the help: exit statuses, environment.
  static var notes: String { get }
  /// Whether it takes several queues.
  static var takesSeveralQueues: Bool { get }
  var storeOptions: StoreOptions { get }
  /// Does it. Throws ``CommandError`` or `StoreError`.
  mutating func execute() throws
}

extension QueueCommand {
  static var takesSeveralQueues: Bool { false }
}
