import ArgumentParser
import QueueCore

/// A command: options, help and what it does, in one type.
protocol ExplainedCommand: ParsableCommand {
  static var help: CommandHelp { get }
  /// What stands below the options in the help: exit statuses, environment.
  static var notes: String { get }
  /// Does it. Throws ``CommandError`` or `StoreError`.
  mutating func execute() throws
}

extension ExplainedCommand {
  static var configuration: CommandConfiguration { help.configuration }
  static var notes: String { help.notes }
  /// Its name behind `q`.
  static var verb: String { configuration.commandName ?? "" }
}

/// A command that works on a store: a verb of `q`.
protocol QueueCommand: ExplainedCommand {
  /// Whether it takes several queues.
  static var takesSeveralQueues: Bool { get }
  var storeOptions: StoreOptions { get }
}

extension QueueCommand {
  static var takesSeveralQueues: Bool { false }
  /// Whether it can work on as many queues as were named.
  var takesItsQueues: Bool { Self.takesSeveralQueues || storeOptions.queueNames.count < 2 }
}

extension NameSpecification {
  /// The property's name, in words with hyphens. Made once: each `.long` takes as long as a lookup in the
  /// store does.
  static let spelled: NameSpecification = .long
}
