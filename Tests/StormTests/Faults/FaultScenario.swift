import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit

/// A command that meets a fault, the store that it finds, and what it leaves when it is run again.
enum FaultScenario: String, CaseIterable {
  case create, enqueue, fill, work, many, stream, groups, batches, claim, settle, retry, remove
  case pause, config

  /// Those of a worker whose handler is told the ledger.
  var isPlainWork: Bool { [.many, .stream, .groups, .batches].contains(self) }

  /// What all of them have in their store, but ``create``, which has none.
  static let old = (1...10).map { "n\($0)" }
  static let failed = ["f1", "f2"]
  static let new = (1...12).map { "m\($0)" }
  /// Kept apart from the item, over several pages.
  static func payload(_ id: String) -> String { String(repeating: id + ".", count: 2_000) }

  /// The statuses it may end with where a call fails.
  var statuses: Set<Int32> { self == .create ? [0, 73, 74] : [0, 74] }

  /// The statuses it may end with when it is run again: what is done already may be refused.
  var statusesAgain: Set<Int32> {
    switch self {
    case .retry: [0, 65]
    case .remove: [0, 66]
    case .settle: [0, 76]
    default: [0]
    }
  }

  /// Makes the store that it finds.
  func prepare(_ fixture: StoreFixture) throws {
    if self == .create { return }
    try fixture.enqueue(Self.failed)
    let fails = fixture.work(["--quiet", "--max-attempts", "1"], handler: ["/bin/false"])
    guard fails.wait() == .exited(1) else { throw Unexpected("cannot prepare: \(fixture.said)") }
    if self == .groups {
      try fixture.enqueue(Array(Self.old.prefix(5)), ["--group", "a"])
      try fixture.enqueue(Array(Self.old.dropFirst(5)), ["--group", "b"])
      let limit = CommandProcess(
        ["q-config", "--store", fixture.store, "group-limit=1"],
        streams: .init(error: fixture.errors))
      guard limit.wait() == .exited(0) else { throw Unexpected("cannot limit: \(fixture.said)") }
    } else if self == .batches {
      try fixture.enqueue(Array(Self.old.prefix(6)), ["--batch", "first"])
      try fixture.enqueue(Array(Self.old.dropFirst(6)), ["--after", "first"])
    } else {
      try fixture.enqueue(Self.old)
    }
    if self == .settle {
      let ends = #"""
        "$1/q-claim" --store "$2" -n 3 --lease 1h | awk -F '\t' '{
          emit = "{\"queue\":\"default\",\"id\":\"c-" $3 "\"}"
          print "{\"token\":\"" $1 "\",\"outcome\":\"done\",\"emit\":[" emit "]}"
        }' > "$2$3"
        """#
      let claim = CommandProcess(
        [
          "/bin/sh", "-c", ends, "sh", CommandProcess.products, fixture.store, Self.besides,
        ], streams: .init(error: fixture.errors))
      guard claim.wait() == .exited(0) else { throw Unexpected("cannot claim: \(fixture.said)") }
    }
  }

  /// What lies beside the store that it finds, and belongs to it.
  static let besides = "-ends"

  /// Runs it, with a fault or without.
  func start(in fixture: StoreFixture, _ environment: [String: String]) throws -> CommandProcess {
    switch self {
    case .work: return Self.work(in: fixture, environment)
    case .many, .stream, .groups, .batches:
      return fixture.work(
        ["-j2"] + (self == .many ? ["-n", "4"] : self == .stream ? ["--stream"] : []),
        handler: [CommandProcess.products + "/ledger-handler", fixture.ledger],
        environment: environment)
    case .settle:
      return CommandProcess(
        ["q-settle", "--store", fixture.store, "--json"], environment: environment,
        streams: .init(input: fixture.store + Self.besides, error: fixture.errors))
    case .create, .enqueue, .fill:
      let input = fixture.directory + "/new"
      let lines = Self.new.map { $0 + "\t" + Self.payload($0) + "\n" }
      try lines.joined().write(toFile: input, atomically: false, encoding: .utf8)
      return CommandProcess(
        ["q-enqueue", "--store", fixture.store, "--tsv"]
          + (self == .fill ? ["--batch", "new"] : []), environment: environment,
        streams: .init(input: input, error: fixture.errors))
    case .claim, .retry, .remove, .pause, .config:
      let words: [String] =
        switch self {
        case .claim: ["q-claim", "-n", "3", "--lease", "1s"]
        case .retry: ["q-retry", "f1"]
        case .remove: ["q-remove", "f1", "n1"]
        case .pause: ["q-pause"]
        default: ["q-config", "max-attempts=4"]
        }
      return CommandProcess(
        [words[0], "--store", fixture.store] + words.dropFirst(), environment: environment,
        streams: .init(error: fixture.errors))
    }
  }

  /// A worker whose handler fails the first time for one item.
  static func work(
    in fixture: StoreFixture, _ environment: [String: String] = [:]
  ) -> CommandProcess {
    let script = "\"$0\" \"$LEDGER\" \"$1\" && [ \"$1/$Q_ATTEMPT\" != n6/1 ]"
    return fixture.work(
      ["--workers", "2", "--backoff", "10ms..20ms"],
      handler: ["/bin/sh", "-c", script, CommandProcess.products + "/ledger-handler", "{}"],
      environment: environment)
  }

  /// What it leaves that must not be, by all its effects or none: the library looks, and asks no
  /// command. `isDone`: it said that it had done its work.
  func halves(in store: LMDBStore, isDone: Bool) throws -> [String] {
    let counts = try store.summary(of: .default)?.counts ?? Counts()
    let (total, old) = (Int(counts.total), Self.old.count + Self.failed.count)
    let seen: (is: Int, before: Int, after: Int) =
      switch self {
      case .create: (total, 0, Self.new.count)
      case .enqueue: (total, old, old + Self.new.count)
      // Sealed means that everything is in.
      case .fill:
        (try isSealed(store) || isDone ? total : old, old, old + Self.new.count)
      case .work, .many, .stream, .groups, .batches:
        (isDone ? Int(counts.done) : 0, 0, isDone ? Self.old.count : 0)
      // Those that it claims when it is run again are others.
      case .claim: (counts.leased == 6 ? 3 : Int(counts.leased), 0, 3)
      // Three have ended, and each has left one more.
      case .settle: (Int(counts.done) + total, old, old + 6)
      case .retry: (Int(counts.failed), Self.failed.count, Self.failed.count - 1)
      case .remove: (total, old, old - 2)
      case .pause: (try isPaused(store) ? 1 : 0, 0, 1)
      case .config: (try attempts(store) == 4 ? 1 : 0, 0, 1)
      }
    if seen.is == seen.after || (!isDone && seen.is == seen.before) { return [] }
    return ["it left \(seen.is), neither \(seen.before) nor \(seen.after), with \(counts)"]
  }

  /// What must be done when the queue is drained in the end.
  var done: Set<String> {
    switch self {
    case .create: Set(Self.new)
    case .enqueue, .fill: Set(Self.old + Self.new)
    case .work, .many, .stream, .groups, .batches, .claim, .pause, .config: Set(Self.old)
    case .settle: Set(Self.old + (1...3).map { "c-n\($0)" })
    case .retry: Set(Self.old + ["f1"])
    case .remove: Set(Self.old.dropFirst())
    }
  }

  /// How often the handler of an item has run to its end when the queue is drained.
  func attempts(of id: String) -> ClosedRange<UInt32> {
    if id != "n6" { return 1...1 }
    // The worker that drains the queue has it fail the first time.
    return isPlainWork ? 1...2 : 2...2
  }

  private func isPaused(_ store: LMDBStore) throws -> Bool {
    try store.summary(of: .default)?.settings.pause != nil
  }

  private func isSealed(_ store: LMDBStore) throws -> Bool {
    try store.batch(BatchName(unchecked: Array("new".utf8)))?.isSealed ?? false
  }

  private func attempts(_ store: LMDBStore) throws -> UInt32? {
    try store.summary(of: .default)?.settings.maximumAttempts
  }
}
