import ArgumentParser
import LMDBStore
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which store and which queue: the same options on every command.
struct StoreOptions: ParsableArguments {
  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The store's directory (default: $Q_STORE, else .q here).", valueName: "DIR"),
    completion: .directory)
  var store: String?

  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp("The queue (default: $Q_QUEUE, else default).", valueName: "NAME"))
  var queue: String?

  func validate() throws {
    if path.isEmpty { throw ValidationError("--store needs a directory: it is empty") }
    guard QueueName(queueText) != nil else {
      throw ValidationError(
        "not a queue name: \(queueText): use 1 to 64 letters, digits, _, . and -, "
          + "the first no . or -")
    }
  }

  /// The directory as it was named.
  var path: String { store ?? environment("Q_STORE") ?? ".q" }

  /// The command that makes a store tells its name.
  private var commandName: String {
    CommandLine.arguments.first.map { String($0.split(separator: "/").last ?? "q") } ?? "q"
  }

  /// The queue that is meant.
  var queueName: QueueName { QueueName(queueText) ?? .default }

  private var queueText: String { queue ?? environment("Q_QUEUE") ?? "default" }

  /// Opens the store; says so when that makes it.
  func open(create: Bool = false, quiet: Bool = false) throws(CommandError) -> LMDBStore {
    do {
      let store = try LMDBStore(path: path, create: create)
      if store.wasCreated && !quiet {
        say("\(commandName): made a new store: \(store.directory.path)")
      }
      return store
    } catch {
      throw CommandError(error)
    }
  }

  /// The queue at a glance; an unknown one is an error that names those that there are.
  func summary(in store: LMDBStore) throws -> QueueSummary {
    if let summary = try store.summary(of: queueName) { return summary }
    let names = try store.summaries().prefix(10).map(\.name.text).joined(separator: ", ")
    throw CommandError(
      .noInput,
      "no queue \(queueName) in \(store.directory.path): "
        + (names.isEmpty ? "it has none yet" : "it has \(names)"))
  }
}

/// A variable of the environment; nil when it is not set or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

extension Timestamp {
  /// The moment by the system's wall clock.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
