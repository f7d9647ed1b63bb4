import ArgumentParser
import QueueCore

/// `q-prune`: what has ended goes, and its id stays known.
struct Prune: QueueCommand {
  static let help = CommandHelp(
    "q-prune", "Drop items that have ended, with their payloads, outputs and results.",
    usage: "[options] [--older-than AGE] [--keep N] | --all",
    examples: [
      "q-prune --older-than 7d",
      "q-prune --keep 1000 --status done --status failed",
      "q-prune --batch maps --forget",
    ],
    sections: [
      HelpSection(
        "WHAT GOES",
        intro: """
          An item goes with all that is kept of it, but its id stays known: it is a duplicate for
          q-enqueue as it was before, unless --forget. Done items alone go where no --status is named.
          With both, --older-than and --keep, an item stays that either keeps. The end of an item that a
          reader of q-results has not read yet stays, unless --unread. A failed item that goes holds up
          nobody any more who waits for its batch. At most 4,000 items go at a time,
          beside whoever works: one that is ended halfway has done its part, and can be run again. The
          space is used again; q-config keep=7d has workers prune as they go.
          """)
    ],
    exits: [
      .success: "they are gone, also when there were none",
      .usage: "nothing says what is to go",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Items that ended longer ago: 90s, 10m, 2h, 7d.", valueName: "DURATION"))
  var olderThan: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("All but the N of each queue that ended last.", valueName: "N"))
  var keep: Int?

  @Flag(name: .spelled, help: "All that have ended.")
  var all = false

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Done or failed; may be repeated (default: done).", valueName: "STATUS"))
  var status: [StatusArgument] = []

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Only items of this group.", valueName: "GROUP"))
  var group: GroupArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Only items of this batch, of all queues unless --queue says which.", valueName: "BATCH"))
  var batch: BatchArgument?

  @Flag(
    name: .spelled,
    help: "Their ids are not known any more either; with --all, also those of items pruned before.")
  var forget = false

  @Flag(name: .spelled, help: "Also what a reader of q-results has not read yet.")
  var unread = false

  @Flag(name: .spelled, help: "The counts as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  func validate() throws {
    let isSaid =
      olderThan != nil || keep != nil || all || !status.isEmpty || group != nil || batch != nil
    if !isSaid {
      throw ValidationError("say what is to go: --older-than DURATION, --keep N, or --all")
    }
    if all && (olderThan != nil || keep != nil) {
      throw ValidationError("--all stands without --older-than and --keep")
    }
    if let keep, keep < 0 { throw ValidationError("--keep takes a number from 0 on") }
    if let other = status.first(where: { ![.done, .failed].contains($0.status) }) {
      throw ValidationError("--status is done or failed: \(other.status) items have not ended")
    }
  }

  private var statuses: [Status] {
    status.isEmpty ? [.done] : [.done, .failed].filter(status.map(\.status).contains)
  }

  func execute() throws {
    let store = try storeOptions.open()
    let queues = try storeOptions.queues(of: batch?.name, in: store)
    _ = try ItemSelection(group: group?.name, batch: batch?.name, of: queues, in: store)
    var change = ItemChange(command: "q-prune", done: "pruned", refusal: "not ended")
    let move = Move.prune(forgetsID: forget)
    var stays = false
    for queue in queues {
      var filter = ItemFilter()
      (filter.group, filter.batch) = (group?.name, batch?.name)
      if let age = olderThan?.duration { filter.endedBefore = EndMark(store.now + (.zero - age)) }
      if let keep {
        var kept = ItemFilter()
        (kept.group, kept.batch) = (filter.group, filter.batch)
        guard
          let mark = try store.mark(ofLast: keep, in: Set(statuses), of: queue, where: kept)
        else { continue }
        filter.endedBefore = min(filter.endedBefore ?? mark, mark)
      }
      filter.isRead = !unread
      for status in statuses {
        try change.move(all: status, of: queue, in: store, by: move, where: filter)
      }
      if all && forget { try store.forgetAllPruned(of: queue) }
      if !unread, !quiet, try store.hasUnread(statuses, of: queue, filter) { stays = true }
    }
    if stays {
      say("q-prune: what a reader of q-results has not read yet stays: --unread takes it, too")
    }
    try change.conclude(json: json, quiet: quiet, refused: .temporary)
  }
}

extension PlacedStore {
  /// Forgets the ids of all pruned items of a queue.
  func forgetAllPruned(of queue: QueueName) throws {
    var after: [UInt8]?
    repeat {
      after = try forgetPruned(of: queue, after: after).next
    } while after != nil
  }

  /// Whether something stays because it has not been read.
  fileprivate func hasUnread(
    _ statuses: [Status], of queue: QueueName, _ filter: ItemFilter
  ) throws -> Bool {
    // What has no number is not waited for, and most queues have none.
    guard try !ends(of: queue, EndRequest(after: 0)).isEmpty else { return false }
    var filter = filter
    filter.isRead = false
    return try mark(ofLast: 0, in: Set(statuses), of: queue, where: filter) != nil
  }
}
