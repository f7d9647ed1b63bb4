import ArgumentParser
import LMDBStore
import QueueCore

/// `q-retry`: failed items are tried afresh.
struct Retry: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-retry",
    abstract: "Make failed items pending again, with fresh attempts.",
    usage: "q-retry [options] [ID... | --all]",
    discussion: """
      EXAMPLES
        q-retry --all
        q-retry photos/0042.jpg
        q-list failed --long | awk -F '\\t' '$4 ~ /refused/' | cut -f5- | q-retry
      """,
    version: "q-retry \(version)",
    aliases: ["retry"])

  static let notes = """
    INPUT
      Ids are operands, or a line each on standard input. What is read is committed as it comes, at
      most 4,000 items at a time: one that is ended halfway has done its part, and can be run again.

    EXIT STATUS
      0  all of them are pending
      64 usage
      65 some items had not failed, or lines were no ids: each was named, the others are pending;
         or the store is damaged: see q-check
      66 no such store or queue, or some ids are not there: each was named
      69, 77, 78
         a store that cannot be used, may not be, or has another format
      74 a read or write failed
      75 the store was busy
    """

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "Every failed item of the queue.")
  var all = false

  @Flag(name: .spelled, help: "The counts as one JSON object on standard output.")
  var json = false

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @OptionGroup var items: IDArguments

  func validate() throws {
    if all && (!items.ids.isEmpty || items.nul) {
      throw ValidationError("--all stands without ids")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let queue = try storeOptions.summary(in: store).name
    var change = ItemChange(command: "q-retry", done: "retried", refusal: "not failed")
    if all {
      try change.move(all: .failed, of: queue, in: store, by: .retry)
    } else {
      change.bad = try items.forEachBatch(of: "q-retry") { ids in
        try change.move(ids, of: queue, in: store, by: .retry)
      }
    }
    try change.conclude(json: json, quiet: quiet, refused: .badData)
  }
}
