import ArgumentParser
import QueueCore

/// `q-retry`: failed items are tried afresh.
struct Retry: QueueCommand {
  static let help = CommandHelp(
    "q-retry", "Make failed items pending again, with fresh attempts.",
    usage: "[options] [ID... | --all | [--stale RECIPE] [--group GROUP] [--batch BATCH]]",
    examples: [
      "q-retry --all",
      "q-retry photos/0042.jpg",
      "q-retry --stale \"$(sha256sum < handler.sh)\"",
      #"q-list failed --long | awk -F '\t' '$4 ~ /refused/' | cut -f5- | q-retry"#,
    ],
    sections: [
      HelpSection(
        "INPUT",
        intro: """
          Ids are operands, or a line each on standard input. What is read is committed as it comes, at
          most 4,000 items at a time: one that is ended halfway has done its part, and can be run again.
          """),
      HelpSection(
        "STALE",
        intro: """
          q-work --recipe RECIPE notes with each end by what the item was handled: a version, or a
          checksum of what handles it. --stale RECIPE makes those done items pending again that ended by
          another one, or by none; their results go, read or not. What has changed in an item itself is for q-enqueue --on-change.
          """),
    ],
    exits: [
      .success: "all of them are pending",
      .badData:
        "some items had not failed, or lines were no ids: each was named, the others are pending",
      .noInput: "some ids are not there: each was named",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "Every failed item of the queue.")
  var all = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Done items instead: those that have not ended by this recipe.", valueName: "RECIPE"))
  var stale: RecipeArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Every failed item of this group.", valueName: "GROUP"))
  var group: GroupArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Every failed item of this batch, of all queues unless --queue says which.",
      valueName: "BATCH"))
  var batch: BatchArgument?

  @Flag(name: .spelled, help: "The counts as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @OptionGroup var items: IDArguments

  func validate() throws {
    let hasIDs = !items.ids.isEmpty || items.nul
    if all && hasIDs { throw ValidationError("--all stands without ids") }
    if (group != nil || batch != nil || stale != nil) && (all || hasIDs) {
      throw ValidationError("--stale, --group and --batch stand without --all and ids")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    var change = ItemChange(command: "q-retry", done: "retried", refusal: "not failed")
    if let stale { return try retryStale(stale.recipe, store, &change) }
    if group != nil || batch != nil {
      let selection = try ItemSelection(
        group: group?.name, batch: batch?.name,
        of: storeOptions.queues(of: batch?.name, in: store), in: store)
      try selection.forEachPage([.failed], in: store) { queue, items in
        try change.move(found: items, in: [.failed], of: queue, in: store, by: .retry)
      }
      return try change.conclude(json: json, quiet: quiet, refused: .badData)
    }
    let queue = try storeOptions.summary(in: store).name
    if all {
      try change.move(all: .failed, of: queue, in: store, by: .retry)
    } else {
      change.bad = try items.forEachBatch(of: "q-retry") { ids in
        try change.move(ids, of: queue, in: store, by: .retry)
      }
    }
    try change.conclude(json: json, quiet: quiet, refused: .badData)
  }

  /// Done items by another recipe.
  private func retryStale(
    _ recipe: Recipe, _ store: any PlacedStore, _ change: inout ItemChange
  ) throws {
    let queues = try storeOptions.queues(of: batch?.name, in: store)
    _ = try ItemSelection(group: group?.name, batch: batch?.name, of: queues, in: store)
    var filter = ItemFilter()
    (filter.notBy, filter.group, filter.batch) = (recipe, group?.name, batch?.name)
    for queue in queues {
      try change.move(all: .done, of: queue, in: store, by: .rerun, where: filter)
    }
    try change.conclude(json: json, quiet: quiet, refused: .badData)
  }
}
