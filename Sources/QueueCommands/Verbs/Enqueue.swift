import ArgumentParser
import Glibc
import QueueCore

/// `q-enqueue`: lines in, pending items out.
struct Enqueue: QueueCommand {
  static let help = CommandHelp(
    "q-enqueue", "Put ids, one a line, into a queue that does not have them yet.",
    usage: "[options] [FILE...]",
    examples: [
      "q-enqueue < ids.txt",
      "find . -name '*.jpg' -print0 | q-enqueue -0 --queue photos",
      "q-enqueue --jsonl --id-key url pages.jsonl",
      "q-enqueue --queue scans --payload-dir ./scans",
      "q-enqueue --queue crawl --group-by host < urls.txt",
      "sha256sum *.c | sed 's/\\(.*\\)  \\(.*\\)/\\2\\t\\1/' | q-enqueue --tsv --on-change requeue",
      "q-enqueue --batch maps < ids.txt && echo sum | q-enqueue --after maps",
    ],
    sections: [
      HelpSection(
        "INPUT",
        intro: """
          Ids are bytes, up to 65,535 of them, anything but NUL and the separator. Without FILE,
          or where it is -, standard input is read. Empty lines are skipped; an input of nothing
          makes the queue. What is read is committed as it comes: what a killed q-enqueue had
          committed stays, and running it again on the same input adds only the rest. CR at the
          end of a line and a byte order mark are kept, with a warning.

          A line of --jsonl is checked as a whole, by RFC 8259: UTF-8, without half surrogate
          pairs, nested at most 512 deep. Its id is text, or a whole number of any size as its
          digits are written (-0 is -0; 1.0 is none), and is there once. A longer payload than
          16 MiB belongs in a file whose path is enqueued.
          """),
      HelpSection(
        "KNOWN IDS",
        intro: """
          An id that the queue knows is a duplicate, also when its item was pruned. --on-change compares
          payloads: with requeue an item with another one has that from then on and is pending again, with
          fresh attempts; one that is at work is made so when its run ends, whatever that brings, and never
          runs beside itself. With error it is named and left, and counts as a bad line. --requeue has
          items run again that are done, or failed, whether or not they have changed. An item keeps its
          priority, group and batch; its result goes, read or not. One that was pruned comes anew, with
          what is said of it now.
          """),
      HelpSection(
        "GROUPS",
        intro: """
          Items of a group take turns with those of others, and q-config sets how many of a group may run at
          once, and how fast. An item keeps its group for life. --group-by finds it in each line; a line
          without is bad, but an empty or null one, and a path without extension, belong to no group.
          """,
        rows: [
          ("host", "of an id like https://example.com/page: example.com, without user and port"),
          ("dir, ext", "of an id that is a path: its directory; its extension, without the dot"),
          ("2", "a column of each line, with --tsv; the id is column 1"),
          (".tenant", "a member of each object, with --jsonl: text or a whole number"),
        ]),
      HelpSection(
        "BATCHES",
        intro: """
          A batch is a name for items, of any queues, whose common end others wait for: q-wait --batch,
          or items that were enqueued --after it. It is open while a q-enqueue fills it, and is sealed when
          that ends with 0, if no other one fills it or has not ended well; what was killed, or skipped bad
          lines, leaves it open, and running that again adds the rest and seals it. Sealed, with every item done, it is complete. What a handler emits belongs
          to its item's batch; an id that the queue has already stays in the batch that it is in. An item
          that fails for good holds up those that wait --after, until q-retry, q-remove or q-prune; --after-any goes
          on without it.
          """),
    ],
    exits: [
      .success: "every line is in the queue, durably",
      .badData:
        "some lines were bad: each was named and skipped; the good ones are in",
      .cannotCreate: "the store cannot be made",
      .permission: "no permission for a FILE",
    ],
    instead: [
      .noInput: "no such FILE, or no such batch",
      .inputOutput: "a read or write failed: the last summary says what is in",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @OptionGroup var creation: CreationOptions

  @Flag(name: [.customShort("0"), .customLong("null")], help: "Lines end with NUL, not newline.")
  var nul = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Claimed before larger numbers: 0 is the most urgent.", valueName: "0..255"))
  var priority: UInt8 = 128

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Pending only after this long: 90s, 10m, 2h, 1d.", valueName: "DURATION"))
  var delay: DurationArgument?

  @Flag(name: .spelled, help: "A line is an id, a TAB and a payload of at most 16 MiB.")
  var tsv = false

  @Flag(
    name: .spelled,
    help: "A line is a JSON object of at most 16 MiB: it is the payload; its id is at --id-key.")
  var jsonl = false

  @Option(
    name: .spelled,
    help: ArgumentHelp("The member of each object that is its id.", valueName: "KEY"))
  var idKey: String?

  @Option(
    name: .spelled,
    help: ArgumentHelp(
      "Each file below DIR, but links, is a payload of at most 16 MiB; its path is the id.",
      valueName: "DIR"),
    completion: .directory)
  var payloadDir: String?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "The group of all these items; see q-config group-limit.", valueName: "GROUP")
  )
  var group: GroupArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "What names each item's group: host, dir, ext, a column of --tsv or a .member of --jsonl.",
      valueName: "WHAT"))
  var groupBy: GroupByArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("The batch of all these items, of whatever queue.", valueName: "BATCH"))
  var batch: BatchArgument?

  @Flag(name: .spelled, help: "Leave the batch open: more is to come.")
  var open = false

  @Flag(name: .spelled, help: "Read nothing, and seal the batch that --open has left open.")
  var seal = false

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "These items wait until every item of this batch is done; may be repeated.",
      valueName: "BATCH"))
  var after: [BatchArgument] = []

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The same, but failed items are no hindrance; may be repeated.", valueName: "BATCH"))
  var afterAny: [BatchArgument] = []

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "What becomes of a known id with another payload: ignore, requeue or error (default: ignore).",
      valueName: "CHANGED"))
  var onChange: OnChangeArgument?

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Known items that are done, or failed, are pending again; may be repeated.",
      valueName: "STATUS"))
  var requeue: [StatusArgument] = []

  @Flag(name: .spelled, help: "No summary.")
  var quiet = false

  @Argument(
    help: ArgumentHelp("Files to read (default: standard input).", valueName: "file"),
    completion: .file())
  var files: [String] = []

  func validate() throws {
    if tsv && jsonl { throw ValidationError("--tsv and --jsonl exclude each other") }
    if jsonl && idKey == nil { throw ValidationError("--jsonl needs --id-key KEY") }
    if !jsonl && idKey != nil { throw ValidationError("--id-key is for --jsonl") }
    if payloadDir != nil, !files.isEmpty || tsv || jsonl || nul || seal {
      throw ValidationError("--payload-dir stands without FILE, -0, --tsv, --jsonl and --seal")
    }
    if group != nil && groupBy != nil {
      throw ValidationError("--group and --group-by exclude each other")
    }
    if batch == nil && (open || seal) {
      throw ValidationError("--open and --seal are for --batch BATCH")
    }
    if open && seal { throw ValidationError("--open and --seal exclude each other") }
    if seal && (!files.isEmpty || !prerequisites.isEmpty) {
      throw ValidationError("--seal reads nothing: leave FILE, --after and --after-any out")
    }
    if let batch, prerequisites.contains(where: { $0.batch == batch.name }) {
      throw ValidationError("a batch cannot wait for itself: --batch and --after name the same")
    }
    if prerequisites.count > Self.maximumPrerequisites {
      throw ValidationError("--after \(Self.maximumPrerequisites) batches at most")
    }
    if let other = requeue.first(where: { ![.done, .failed].contains($0.status) }) {
      throw ValidationError("--requeue is done or failed: \(other.status) items have not ended")
    }
    if !known.areIgnored, delay != nil || !prerequisites.isEmpty {
      throw ValidationError(
        "--on-change and --requeue stand without --delay, --after and --after-any")
    }
    switch groupBy?.by {
    case .column(let number)? where !tsv:
      throw ValidationError("--group-by \(number) is a column: it needs --tsv")
    case .member(let name)? where !jsonl:
      throw ValidationError("--group-by .\(name) is a member of objects: it needs --jsonl")
    default: break
    }
  }

  private static let maximumPrerequisites = 64

  /// What becomes of ids that the queue knows.
  private var known: KnownItems {
    var known = KnownItems()
    (known.changed, known.again) = (onChange?.changed ?? .ignore, Set(requeue.map(\.status)))
    return known
  }

  /// What the items await, each once.
  private var prerequisites: [Prerequisite] {
    var all: [Prerequisite] = []
    for one in after.map({ Prerequisite($0.name, .complete) })
      + afterAny.map({ Prerequisite($0.name, .ended) }) where !all.contains(one)
    {
      all.append(one)
    }
    return all
  }

  private var form: Intake.Form { tsv ? .tsv : jsonl ? .jsonl(idKey: idKey ?? "") : .ids }

  func execute() throws {
    if let batch, seal {
      let words = try BatchFilling.seal(batch.name, in: storeOptions.open())
      return quiet ? () : say(words)
    }
    let inputs = payloadDir != nil ? [] : files.isEmpty ? ["-"] : files
    for path in inputs { try Input.check(path) }
    let directory = try payloadDir.map { path throws(CommandError) in try PayloadFiles(path) }
    if inputs == ["-"], files.isEmpty, isatty(STDIN_FILENO) == 1 {
      throw CommandError(
        .usage, "standard input is a terminal: name a FILE, pipe ids in, or type them to -")
    }
    let store = try storeOptions.open(
      create: prerequisites.isEmpty, quiet: quiet, mode: creation.permissions)
    var intake = Intake(
      store: store, queue: storeOptions.queueName, form: form, separator: nul ? 0 : 0x0a,
      priority: priority, delay: delay?.duration,
      groupBy: group.map { .name($0.name) } ?? groupBy?.by)
    for awaited in prerequisites where try store.batch(awaited.batch) == nil {
      throw CommandError.noBatch(awaited.batch, in: store)
    }
    let filling = try batch.map { try BatchFilling($0.name, in: store) }
    intake.join(batch?.name, after: prerequisites, known: known)
    do {
      for path in inputs { try intake.read(try Input(path)) }
      if let directory { try intake.read(directory) }
      try intake.commit()
      let end = try intake.bad == 0 ? filling?.end(intake.result, seals: !open) : filling?.leftOpen
      if !quiet { say(intake.summary + (end.map { "; " + $0 } ?? "")) }
    } catch {
      if !quiet { say(intake.summary + (filling.map { "; " + $0.leftOpen } ?? "")) }
      throw error
    }
    if intake.bad > 0 {
      throw CommandError(.badData, "\(intake.bad.counting("bad line")) skipped")
    }
  }
}
