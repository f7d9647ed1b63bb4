import ArgumentParser
import Glibc
import QueueCore
import Worker

/// `q-remove`: items go for good.
struct Remove: QueueCommand {
  static let help = CommandHelp(
    "q-remove", "Remove items by id, by status, or a whole queue.",
    usage: "[options] [ID... | [--status STATUS] [--group GROUP] --yes | --all --yes]",
    examples: [
      "q-remove photos/0042.jpg",
      "q-remove --status done --yes",
      "q-remove --queue photos --all --yes",
    ],
    sections: [
      HelpSection(
        "WHAT GOES",
        intro: """
          An item goes with all that is known of it; its id may be enqueued again. An item that is being
          processed is refused. With --force it goes too: its handler is killed, by its q-work or, if that
          is dead, by q-remove; q-remove waits for that, 5 seconds at most. An id that is enqueued again
          is not run before the handler it had is gone. --all: every item, and then the queue with its
          settings. At most 4,000 items go at a time: one that is ended halfway has done its part, and can
          be run again.
          """)
    ],
    exits: [
      .success: "all of them are gone",
      .usage: "--yes is missing",
      .badData:
        "some lines were no ids: each was named, the others are gone",
      .noInput: "some ids are not there: each was named",
      .temporary:
        "some items are being processed, and stay: let them end, or --force",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp("All items in this status; may be repeated.", valueName: "STATUS"))
  var status: [StatusArgument] = []

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Only items of this group, in any status or in those.", valueName: "GROUP"))
  var group: GroupArgument?

  @Flag(name: .spelled, help: "The whole queue.")
  var all = false

  @Flag(name: .spelled, help: "Do it: --status, --group and --all ask for this.")
  var yes = false

  @Flag(name: .spelled, help: "Items that are being processed as well.")
  var force = false

  @Flag(name: .spelled, help: "The counts as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @OptionGroup var items: IDArguments

  func validate() throws {
    let ways = [all, !status.isEmpty, !items.ids.isEmpty || items.nul].filter { $0 }.count
    if ways > 1 { throw ValidationError("ids, --status and --all exclude each other") }
    if group != nil && (all || !items.ids.isEmpty || items.nul) {
      throw ValidationError("--group stands without --all and ids")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let summary = try storeOptions.summary(in: store)
    var change = ItemChange(command: "q-remove", done: "removed", refusal: "being processed")
    let move = Move.remove(force: force)
    if let group {
      try remove(group.name, of: summary.name, store, move, &change)
    } else if all || !status.isEmpty {
      let statuses = all ? Self.sweep : Self.sweep.filter(status.map(\.status).contains)
      try ask(summary, statuses)
      for status in statuses { try change.move(all: status, of: summary.name, in: store, by: move) }
      if all { try removeQueue(summary.name, store, move, &change) }
    } else {
      change.bad = try items.forEachBatch(of: "q-remove") { ids in
        try change.move(ids, of: summary.name, in: store, by: move)
      }
    }
    if force, let left = try endRuns(of: summary.name, store) {
      say(
        "q-remove: \(left.counting("handler")) of removed items still run: their ids wait for them")
    }
    try change.conclude(json: json, quiet: quiet, refused: .temporary)
  }

  /// In the order in which items move: what one status loses meanwhile the next one has.
  private static let sweep: [Status] = [.pending, .delayed, .processing, .done, .failed]

  private func ask(_ summary: QueueSummary, _ statuses: [Status]) throws {
    guard !yes else { return }
    let counts = statuses.filter { summary.counts[$0] > 0 }
      .map { "\(summary.counts[$0].grouped) \($0.rawValue)" }.joined(separator: ", ")
    throw CommandError(
      .usage,
      "this would remove from queue \(summary.name): \(counts.isEmpty ? "no item" : counts)"
        + "\(all ? ", and the queue" : ""): say --yes")
  }

  private func remove(
    _ group: GroupName, of queue: QueueName, _ store: any PlacedStore, _ move: Move,
    _ change: inout ItemChange
  ) throws {
    let items = try GroupItems(group, of: queue, in: store)
    let statuses = Set(status.isEmpty ? Status.allCases : status.map(\.status))
    guard yes else {
      let counts = try store.group(group, of: queue)?.counts ?? Counts()
      let what = statuses.reduce(0) { $0 + counts[$1] }.counting("item")
      throw CommandError(.usage, "this would remove \(what) from queue \(queue): say --yes")
    }
    try items.forEachPage(statuses, in: store) { items in
      try change.move(found: items, in: statuses, of: queue, in: store, by: move)
    }
  }

  /// Waits until the runs of removed items have ended, and ends what dead workers left of theirs; how
  /// many still run, if some do.
  private func endRuns(of queue: QueueName, _ store: any PlacedStore) throws -> Int? {
    let liveness = try? StoreLiveness(
      directory: store.runs.directory, locks: store.runs.locks)
    let deadline = ContinuousClock.now + .seconds(5)
    while let left = try store.summary(of: queue)?.revoked, left > 0 {
      guard ContinuousClock.now < deadline else { return left }
      if let liveness {
        _ = try store.recover(observer: liveness, for: queue, given: QueueSettings())
      }
      usleep(5_000)
    }
    return nil
  }

  /// How often what came in meanwhile is removed as well.
  private static let rounds = 10

  /// Removes the queue once it is empty. Workers and enqueuers may go on meanwhile: what they leave
  /// behind goes as well, a few times.
  private func removeQueue(
    _ queue: QueueName, _ store: any PlacedStore, _ move: Move, _ change: inout ItemChange
  ) throws {
    for _ in 0..<Self.rounds {
      if force { _ = try endRuns(of: queue, store) }
      if try store.removeQueue(queue) { return change.forgetRefused() }
      change.forgetRefused()
      for status in Self.sweep { try change.move(all: status, of: queue, in: store, by: move) }
    }
    if try store.removeQueue(queue) { return change.forgetRefused() }
    let left = try store.summary(of: queue)?.revoked ?? 0
    change.remains =
      left > 0
      ? "queue \(queue) stays: \(left.counting("handler")) of removed items still run"
      : "queue \(queue) is not empty: end what uses it, and run this again"
  }
}
