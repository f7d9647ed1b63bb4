import ArgumentParser
import QueueCore
import Worker

/// Which store and which queue: the same options on every command.
struct StoreOptions: ParsableArguments {
  @OptionGroup var place: PlaceOptions

  @Option(
    name: [.customShort("q", allowingJoined: true), .customLong("queue")],
    parsing: .singleValue,
    help: ArgumentHelp("The queue (default: $Q_QUEUE, else default).", valueName: "NAME"),
    completion: .shellCommand("q-stats --all"))
  var queues: [String] = []

  func validate() throws {
    try place.validate()
    for text in queueTexts where QueueName(text) == nil {
      let name = queues.isEmpty ? "$Q_QUEUE" : "--queue <NAME>"
      throw ValidationError("The value '\(text)' is invalid for '\(name)'")
    }
  }

  /// The options as another command of the same store and queue takes them, with a blank before each.
  var spelled: String {
    var words: [String] = []
    if let store = place.store { words += ["-s", store] }
    for queue in queues { words += ["-q", queue] }
    if place.trust { words.append("--trust") }
    return words.map { " " + String(decoding: ShellWords.quoted(Array($0.utf8)), as: UTF8.self) }
      .joined()
  }

  /// The queue that is meant, by a command that takes one.
  var queueName: QueueName { queueNames.first ?? .default }

  /// The queues that are meant, each once.
  var queueNames: [QueueName] {
    var names: [QueueName] = []
    for name in queueTexts.compactMap({ QueueName($0) }) where !names.contains(name) {
      names.append(name)
    }
    return names
  }

  private var queueTexts: [String] {
    queues.isEmpty ? [environment("Q_QUEUE") ?? "default"] : queues
  }

  /// Opens the store, as ``PlaceOptions/open(create:quiet:mode:)`` does.
  func open(
    create: Bool = false, quiet: Bool = false, mode: UInt32 = 0o700
  ) throws(CommandError) -> any PlacedStore {
    try place.open(create: create, quiet: quiet, mode: mode)
  }

  /// The queue at a glance; an unknown one is an error that names those that there are.
  func summary(in store: any PlacedStore) throws -> QueueSummary {
    try summary(of: queueName, in: store)
  }

  /// The same of one among several queues.
  func summary(of queue: QueueName, in store: any PlacedStore) throws -> QueueSummary {
    if let summary = try store.summary(of: queue) { return summary }
    let names = try store.summaries().prefix(10).map(\.name.text).joined(separator: ", ")
    throw CommandError(
      .noInput,
      "no queue \(queue) in \(store.address): "
        + (names.isEmpty ? "it has none yet" : "it has \(names)"))
  }
}
