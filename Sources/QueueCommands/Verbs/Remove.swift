import ArgumentParser
import Glibc
import QueueCore
import Worker

/// `q-remove`: items go for good.
struct Remove: QueueCommand {
  static let help = CommandHelp(
    "q-remove", "Remove items by id, by status, or a whole queue.",
    usage:
      "[options] [ID... | [--status STATUS] [--group GROUP] [--batch BATCH] --yes | --all --yes]",
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
          is dead, by q-remove; q-remove waits for that, 5 seconds at most. What is known of an item that
          was pruned goes by its id, too. An id that is enqueued again
          is not run before the handler it had is gone. --all: every item, and then the queue with its
          settings. --batch: the batch, too, when nothing of it is left, and nothing waits for it; what
          waited for what goes may go on. At most 4,000 items go at a time: one that is ended halfway has
          done its part, and can be run again.
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

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Only items of this batch, of all queues unless --queue says which.", valueName: "BATCH"))
  var batch: BatchArgument?

  @Flag(name: .spelled, help: "The whole queue.")
  var all = false

  @Flag(name: .spelled, help: "Do it: --status, --group, --batch and --all ask for this.")
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
    if (group != nil || batch != nil) && (all || !items.ids.isEmpty || items.nul) {
      throw ValidationError("--group and --batch stand without --all and ids")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    var change = ItemChange(command: "q-remove", done: "removed", refusal: "being processed")
    let move = Move.remove(force: force)
    if group != nil || batch != nil { return try removeSelected(from: store, move, &change) }
    let summary = try storeOptions.summary(in: store)
    if all || !status.isEmpty {
      let statuses = all ? Self.sweep : Self.sweep.filter(status.map(\.status).contains)
      try ask(summary, statuses)
      for status in statuses { try change.move(all: status, of: summary.name, in: store, by: move) }
      if all { try removeQueue(summary.name, store, move, &change) }
    } else {
      change.bad = try items.forEachBatch(of: "q-remove") { ids in
        try change.move(ids, of: summary.name, in: store, by: move)
      }
    }
    if force { try endRuns(of: [summary.name], store) }
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

  /// Items of a group, or a batch.
  private func removeSelected(
    from store: any PlacedStore, _ move: Move, _ change: inout ItemChange
  ) throws {
    let queues = try storeOptions.queues(of: batch?.name, in: store)
    let selection = try ItemSelection(
      group: group?.name, batch: batch?.name, of: queues, in: store)
    let statuses = Set(status.isEmpty ? Status.allCases : status.map(\.status))
    guard yes else {
      let count = try selection.count(statuses, in: store)
      let places = queues.map { " \($0)" }.joined(separator: ",")
      let waiting = try batch.flatMap { try store.batch($0.name) }?.waiting ?? 0
      throw CommandError(
        .usage,
        "this would remove \(count.counting("item")) from \(queues.count == 1 ? "queue" : "queues")"
          + places + (waiting > 0 ? ", and \(waiting.counting("item")) may go on that wait" : "")
          + ": say --yes")
    }
    try selection.forEachPage(statuses, in: store) { queue, items in
      try change.move(found: items, in: statuses, of: queue, in: store, by: move)
    }
    if force { try endRuns(of: queues, store) }
    if let batch, group == nil, status.isEmpty, try !store.remove(batch.name), !quiet,
      let left = try store.batch(batch.name)
    {
      say(
        "q-remove: the batch stays: \(left.counts.total.counting("item")) of it, "
          + "\(left.waiting.counting("item")) that wait for it")
    }
    try change.conclude(json: json, quiet: quiet, refused: .temporary)
  }

  /// Ends what removed items have running, and says what is left of that.
  private func endRuns(of queues: [QueueName], _ store: any PlacedStore) throws {
    for queue in queues {
      guard let left = try endRuns(of: queue, store) else { continue }
      say(
        "q-remove: \(left.counting("handler")) of removed items still run: their ids wait for them")
    }
  }

  /// Waits until the runs of removed items have ended, and ends what dead workers left of theirs; how
  /// many still run, if some do.
  private func endRuns(of queue: QueueName, _ store: any PlacedStore) throws -> Int? {
    let liveness = try? StoreLiveness(of: store)
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
      try store.forgetAllPruned(of: queue)
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
