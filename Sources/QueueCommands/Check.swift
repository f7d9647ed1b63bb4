import ArgumentParser
import LMDBStore
import QueueCore

/// `q-check`: whether the store is sound.
struct Check: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-check",
    abstract: "Look at everything in the store and say whether it is sound.",
    usage: "q-check [-s DIR] [--quiet]",
    discussion: """
      EXAMPLES
        q-check && cp -a .q /backup/
        q-check --quiet || echo "look at the store" | mail -s queue me
      """,
    version: "q-check \(version)",
    aliases: ["check"])

  static let notes = """
    CHECKS
      Every item is in exactly one status; every id leads to its item and every item has
      its id; every delayed item is due; every count equals what is there; enqueued =
      pending + delayed + processing + done + failed + removed, in every queue.
      Reads one snapshot; other commands go on meanwhile. Changes nothing.

    EXIT STATUS
      0  sound
      65 not sound: each finding is a line on standard output
      66 no such store
      69, 77, 78
         a store that cannot be used, may not be, or has another format
      75 the store was busy
    """

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .long, help: "Say nothing; the exit status tells.")
  var quiet = false

  func validate() throws {
    if !storeOptions.queues.isEmpty {
      throw ValidationError("q-check looks at the whole store: leave --queue out")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let audit = try store.audit()
    var output = DataOutput()
    if !quiet {
      for finding in audit.findings { try output.write(finding + "\n") }
      try output.flush()
    }
    guard audit.count == 0 else {
      let described = UInt64(audit.findings.count)
      let more = audit.count > described ? ", of which \(described.grouped) are shown" : ""
      throw CommandError(
        .badData, "not sound: \(store.directory.path): \(audit.count.grouped) findings\(more)")
    }
    if !quiet { say("sound: \(audit.items.grouped) items in \(store.directory.path)") }
  }
}
