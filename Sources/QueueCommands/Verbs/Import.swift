import ArgumentParser
import Glibc
import QueueCore

/// `q-import`: what q-export has written, into a store.
struct Import: QueueCommand {
  static let help = CommandHelp(
    "q-import", "Put items and queues that q-export has written into a store.",
    usage: "[options] [FILE...]",
    examples: [
      "q-import < backup.jsonl",
      "q-export -s old | q-import -s new",
      #"sqlite3 items.db "select json_object('item', json_object('id', url, 'status', status)) from items" | q-import"#,
    ],
    sections: [
      HelpSection(
        "WHAT COMES",
        intro: """
          Queues that are not there are made with their settings; those that are there keep theirs,
          unless --on-conflict replace. Items come with all that is known of them: state, attempts,
          output, result, what they have spent; what was being processed is pending. With --queue all
          of them go into that one. An id that the queue knows is skipped, so that running a q-import
          again that was ended halfway adds the rest. What is read is committed as it comes, at most
          1,000 items at a time. Batches that were sealed are so again when the last line is read, unless they
          have other items here; what stays open q-enqueue --batch NAME --seal ends.

          Lines from elsewhere need no first and last line, and of an item its id: what is not said is
          pending, of priority 128, enqueued now.
          """)
    ],
    exits: [
      .success: "every line is in the store, durably",
      .badData:
        "lines were bad, or missing, or ids known under --on-conflict error: each was named, the others are in",
      .formatVersion: "the lines are of a form that this program does not read",
      .cannotCreate: "the store cannot be made",
      .permission: "no permission for a FILE",
    ],
    instead: [.noInput: "no such FILE"])

  @OptionGroup var storeOptions: StoreOptions

  @OptionGroup var creation: CreationOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "What becomes of a known id: skip, replace (unless a worker has it) or error (default: skip).",
      valueName: "CONFLICT"))
  var onConflict: ConflictArgument?

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @Argument(
    help: ArgumentHelp("Files to read (default: standard input).", valueName: "file"),
    completion: .file())
  var files: [String] = []

  func execute() throws {
    let inputs = files.isEmpty ? ["-"] : files
    for path in inputs { try Input.check(path) }
    if files.isEmpty && isatty(STDIN_FILENO) == 1 {
      throw CommandError(.usage, "standard input is a terminal: name a FILE, or pipe lines in")
    }
    let store = try storeOptions.open(
      create: true, quiet: quiet, mode: creation.permissions)
    var restoring = Restoring(
      store: store, into: storeOptions.queues.isEmpty ? nil : storeOptions.queueName,
      standard: storeOptions.queueName, conflict: onConflict?.conflict ?? .skip)
    do {
      for path in inputs { try restoring.read(try Input(path)) }
      try restoring.finish()
    } catch {
      if !quiet { say(restoring.summary) }
      throw error
    }
    if !quiet { say(restoring.summary) }
    if let failure = restoring.failure { throw failure }
  }
}
