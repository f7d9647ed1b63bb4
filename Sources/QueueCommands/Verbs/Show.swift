import ArgumentParser
import Glibc
import QueueCore
import Worker

/// `q-show`: everything that is known of an item.
struct Show: QueueCommand {
  static let help = CommandHelp(
    "q-show", "Show all that is known of items.",
    usage: "[options] [ID...]",
    examples: [
      "q-show photos/0042.jpg",
      "q-show --output photos/0042.jpg",
      "q-show --why photos/0042.jpg",
      "q-list failed | q-show --json",
    ],
    sections: [
      HelpSection(
        "OUTPUT",
        intro: """
          A line for each thing, its name and its value; an empty line between items. Of an item's runs
          the last one is known, and how many of each kind there were. For an item that is being
          processed: the worker, and the processes of its handler.

          --output: what the last run wrote, as it was written: its standard output on standard output,
          its standard error on standard error; the last 4,000 bytes of each. What is kept of which
          runs is up to q-work --keep-output.
          """),
      HelpSection(
        "WHY AN ITEM DOES NOT RUN",
        intro: """
          --why: a name, a sentence that says what to do, and the id, with TABs in between; of several
          reasons the first that has to change. With --json: "why", "why_text", "why_until".
          """,
        rows: [
          ("paused, rate", "its queue is paused, rests, or goes at a rate"),
          ("budget, unit_rate", "a budget is spent, or what was spent is yet to be worked off"),
          (
            "group_limit, group_rest, group_rate",
            "its group has as many runs as it may, rests, or goes at a rate"
          ),
          ("batch", "it waits for a batch that is open, or has items that are not done"),
          ("held_back", "the handler of a removed item of its id still runs"),
          ("no_worker, waiting", "no q-work is registered; it waits for its turn"),
          (
            "scheduled, retry, deferred", "it is delayed: since its enqueue, a failure, a request"
          ),
          ("running, leased, orphaned", "it is being processed, by whom"),
          ("done, failed", "it has ended"),
        ]),
    ],
    exits: [
      .success: "fine",
      .badData: "a line of standard input is no id",
      .noInput: "no such item, or nothing is kept of it; the others were shown",
      .inputOutput: "standard output takes no more",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "What the last run wrote, raw.")
  var output = false

  @Flag(name: .spelled, help: "The payload, raw.")
  var payload = false

  @Flag(name: .spelled, help: "What keeps the item from being run, a line each.")
  var why = false

  @Flag(name: .spelled, help: "An object a line, for programs.")
  var json = false

  @OptionGroup var items: IDArguments

  func validate() throws {
    if [output, payload, json].filter({ $0 }).count > 1 {
      throw ValidationError("--output, --payload and --json exclude each other")
    }
    if why && (output || payload) {
      throw ValidationError("--why stands alone, or with --json")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let summary = try storeOptions.summary(in: store)
    let queue = summary.name
    var missing: UInt64 = 0
    var isFirst = true
    var out = DataOutput()
    let bad = try items.forEachBatch(of: "q-show") { ids in
      for id in ids {
        let found: Bool
        if output {
          found = try writeOutput(of: id, queue, store, &out)
        } else if payload {
          found = try writePayload(of: id, queue, store, &out)
        } else {
          found = try write(id, summary, store, isFirst: isFirst, &out)
        }
        if found { isFirst = false } else { missing += 1 }
      }
      try out.flush()
    }
    if missing > 0 {
      throw CommandError(.noInput, "\(missing.counting("id")) without what was asked for")
    }
    if bad > 0 { throw CommandError(.badData, "\(bad.counting("bad line")) skipped") }
  }

  private func write(
    _ id: ItemID, _ summary: QueueSummary, _ store: any PlacedStore, isFirst: Bool,
    _ out: inout DataOutput
  ) throws -> Bool {
    let queue = summary.name
    guard let item = try store.item(id, in: queue) else {
      let pruned = try store.isPruned(id, in: queue) ? ": it was pruned, and its id is known" : ""
      say("q-show: no such item: \(VisibleText.escaped(id.bytes)): in queue \(queue)\(pruned)")
      return false
    }
    let why = try self.why ? Why(item, of: summary, in: store) : nil
    if let why, !json {
      try out.write("\(why.name)\t\(why.sentence)\t")
      try out.write(DataOutput.isTerminal ? Array(VisibleText.escaped(id.bytes).utf8) : id.bytes)
      try out.write("\n")
      return true
    }
    let kept = try store.output(of: id, in: queue)
    let holder = try Self.holder(of: item, in: store)
    if json {
      var writer = JSONWriter()
      writer.value(item, of: queue, holder: holder, why: why)
      try out.write(writer.text + "\n")
    } else {
      if !isFirst { try out.write("\n") }
      let text = ItemReport(item: item, queue: queue, kept: kept, holder: holder, now: store.now)
      for (name, value) in text.lines {
        try out.write(name + String(repeating: " ", count: 10 - name.utf8.count) + value + "\n")
      }
    }
    return true
  }

  private func writeOutput(
    of id: ItemID, _ queue: QueueName, _ store: any PlacedStore, _ out: inout DataOutput
  ) throws -> Bool {
    guard let kept = try store.output(of: id, in: queue) else {
      let isThere = try store.item(id, in: queue) != nil
      say(
        "q-show: \(isThere ? "nothing is kept of what it wrote" : "no such item"): "
          + VisibleText.escaped(id.bytes))
      return false
    }
    try out.write(kept.output)
    try out.flush()
    say(raw: kept.error)
    return true
  }

  private func writePayload(
    of id: ItemID, _ queue: QueueName, _ store: any PlacedStore, _ out: inout DataOutput
  ) throws -> Bool {
    guard let payload = try store.payload(of: id, in: queue) else {
      let isThere = try store.item(id, in: queue) != nil
      say(
        "q-show: \(isThere ? "it has no payload" : "no such item"): "
          + VisibleText.escaped(id.bytes))
      return false
    }
    try out.write(payload)
    return true
  }

  /// Who holds an item that is being processed, and what runs for it.
  private static func holder(of item: Item, in store: any PlacedStore) throws -> ItemReport.Holder?
  {
    guard case .processing(let hold) = item.state, let id = hold.worker else { return nil }
    let worker = try store.workers().first { $0.id == id }
    let token = Token(number: hold.token, key: item.key, incarnation: store.incarnation)
    return ItemReport.Holder(
      pid: worker?.process.pid,
      handlers: HandlerProcesses.of(token, worker: id, store: store.runs.directory))
  }
}
