import ArgumentParser
import QueueCore

/// `q-list`: the ids of a queue's items.
struct List: QueueCommand {
  static let help = CommandHelp(
    "q-list", "List ids, in the order of work, of all items or of those in some statuses.",
    usage: "[options] [STATUS...]",
    examples: [
      "q-list failed --long",
      #"q-list failed | grep '\.jpg$' | q-retry"#,
      "q-list pending -0 | xargs -0 ls -l",
    ],
    sections: [
      HelpSection(
        "OUTPUT",
        intro: """
          An id a line, as it was enqueued. On a terminal control characters in ids are escaped. An id
          that contains a newline is listed only under -0 or --json. --long: status, attempts, age (for
          a delayed item the time until its moment), why, and the id, with TABs in between; with several
          queues the queue comes first. The queue may be in use meanwhile: an item that is there all the
          time is listed once, in the status that it has at that moment. Where items have groups these take
          turns: their order of work is another. Delayed ones keep their place; listed alone, the soonest
          come first, those that wait for batches last, and one that is delayed anew meanwhile again.

          STATUS is pending, delayed, processing, done or failed; without one: all of them.
          """)
    ],
    exits: [
      .success: "fine",
      .badData: "an id contains a newline, and was left out",
      .inputOutput: "standard output takes no more",
    ])

  static let takesSeveralQueues = true

  /// Objects, unless another number is asked for.
  private static let defaultObjects = 1_000
  private static let page = 1_000

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "All queues of the store, one after the other.")
  var all = false

  @Flag(name: [.customShort("0"), .customLong("null")], help: "End ids with NUL, not newline.")
  var nul = false

  @Flag(name: .spelled, help: "Say more of each item than its id.")
  var long = false

  @Flag(name: .spelled, help: "An object a line, for programs; at most 1,000 without --limit.")
  var json = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("List at most this many.", valueName: "N"))
  var limit: Int?

  @Option(
    name: .spelled,
    help: ArgumentHelp(
      "Go on behind this item: a \"key\" or the \"next\" of --json.", valueName: "KEY"))
  var after: String?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Only items of this group.", valueName: "GROUP"))
  var group: GroupArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Only items of this batch, of all queues unless --queue says which.", valueName: "BATCH"))
  var batch: BatchArgument?

  @Argument(
    help: ArgumentHelp("Only items in these statuses.", valueName: "status"))
  var statuses: [StatusArgument] = []

  func validate() throws {
    if all && !storeOptions.queues.isEmpty {
      throw ValidationError("--all and --queue exclude each other")
    }
    if json && (long || nul) { throw ValidationError("--json stands alone: leave --long, -0 out") }
    if long && nul { throw ValidationError("--long and -0 exclude each other") }
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more: \(limit)") }
    if let after, ListingKey(after) == nil {
      throw ValidationError("The value '\(after)' is invalid for '--after <KEY>'")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    var queues = try names(in: store)
    var start: ListingKey?
    if let after, let key = ListingKey(after) {
      guard let place = queues.firstIndex(of: key.queue) else {
        throw CommandError(.usage, "--after is in queue \(key.queue), which is not listed")
      }
      queues.removeFirst(place)
      start = key
    }
    var listing = Listing(
      form: json ? .json : long ? .long(several: queues.count > 1) : .ids(nul: nul),
      left: limit ?? (json ? Self.defaultObjects : .max))
    let selection = try ItemSelection(
      group: group?.name, batch: batch?.name, of: all ? [] : queues, in: store)
    let isSelected = group != nil || batch != nil
    let wanted = Set(statuses.isEmpty ? Status.allCases : statuses.map(\.status))
    for queue in queues {
      var pages = try ItemPages(of: queue, in: wanted, after: start, store: store)
      start = nil
      repeat {
        let page = try pages.next(
          isSelected ? Self.page : min(Self.page, max(listing.left, 1)))
        let items = isSelected ? page.filter(selection.matches) : page
        guard try listing.write(items, of: queue, now: store.now, pages.key) else { break }
      } while !pages.isAtEnd
      if listing.isCut { break }
    }
    try listing.end()
  }

  private func names(in store: any PlacedStore) throws -> [QueueName] {
    if all { return try store.summaries().map(\.name) }
    return try storeOptions.queues(of: batch?.name, in: store)
  }
}

/// A listing on its way out.
private struct Listing: ~Copyable {
  enum Form {
    case ids(nul: Bool)
    case long(several: Bool)
    case json
  }

  let form: Form
  /// How many more items may be written.
  private(set) var left: Int
  /// There was more than might be written.
  private(set) var isCut = false
  private var last: ListingKey?
  private var output = DataOutput()
  private let escapes = DataOutput.isTerminal
  private var leftOut: UInt64 = 0

  init(form: Form, left: Int) {
    self.form = form
    self.left = left
  }

  /// Writes a page, and everything that was gathered; false when no more may be written.
  mutating func write(
    _ items: [Item], of queue: QueueName, now: Timestamp, _ key: (Item) -> ListingKey
  ) throws -> Bool {
    for item in items {
      guard left > 0 else {
        isCut = true
        return false
      }
      try write(item, of: queue, now)
      left -= 1
      last = key(item)
    }
    try output.flush()
    return true
  }

  private mutating func write(_ item: Item, of queue: QueueName, _ now: Timestamp) throws {
    switch form {
    case .json:
      var writer = JSONWriter()
      writer.value(item, of: queue)
      try output.write(writer.text + "\n")
    case .ids(let nul):
      try write(item.id, nul: nul)
    case .long(let several):
      let text = ItemText(item: item, now: now)
      let status = item.state.status.rawValue
      let fields = [
        status + String(repeating: " ", count: 10 - status.utf8.count),
        "\(item.state.tally.attempts)", text.age, text.why,
      ]
      guard canWrite(item.id, nul: false) else { return }
      try output.write(((several ? [queue.text] : []) + fields).joined(separator: "\t") + "\t")
      try write(item.id, nul: false)
    }
  }

  private mutating func write(_ id: ItemID, nul: Bool) throws {
    guard canWrite(id, nul: nul) else { return }
    if escapes && !nul {
      try output.write(VisibleText.escaped(id.bytes))
    } else {
      try output.write(id.bytes)
    }
    try output.write([nul ? 0 : UInt8(ascii: "\n")])
  }

  /// An id with a newline in it would be read as two.
  private mutating func canWrite(_ id: ItemID, nul: Bool) -> Bool {
    guard !nul, !escapes, id.bytes.contains(UInt8(ascii: "\n")) else { return true }
    leftOut += 1
    if leftOut <= 20 {
      say("q-list: left out: an id contains a newline: \(VisibleText.escaped(id.bytes))")
    }
    return false
  }

  mutating func end() throws {
    if isCut, case .json = form, let last {
      var writer = JSONWriter()
      writer.object { $0.member("next", last.text) }
      try output.write(writer.text + "\n")
    }
    try output.flush()
    guard leftOut == 0 else {
      throw CommandError(
        .badData, "\(leftOut.counting("id")) left out, with newlines in them: use -0 or --json")
    }
  }
}
