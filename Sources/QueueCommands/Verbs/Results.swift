import ArgumentParser
import QueueCore

/// `q-results`: what items gave back.
struct Results: QueueCommand {
  static let help = CommandHelp(
    "q-results", "Print what items gave back, in the order of their ends.",
    usage: "[options] [ID...]",
    examples: [
      "q-work --collect --quiet -- ./handler.sh && q-results > all.txt",
      "q-results --json | jq -c 'select(.status == \"failed\")'",
      "q-results --reader sink --follow | ./load.sh",
    ],
    sections: [
      HelpSection(
        "OUTPUT",
        intro: """
          The results of done items, one after the other, with a newline behind one that lacks it; -0: with
          NUL behind each; --raw: with nothing in between. --json: a line for each end, also of items that
          failed: end, its number, queue, id (id_b64 where it is not UTF-8), status, attempts, ended,
          duration_ms, exit, note, spent, and where something was collected one of json, result and
          result_b64: what is JSON stands there as JSON.

          A result is there if and only if its item is done: q-work --collect keeps what a handler writes to
          standard output, a handler that --stream=json feeds answers with "result", and q-settle has
          --result-file. Ends have numbers since the queue first collected. An item that is retried or removed
          takes its end away.
          """),
      HelpSection(
        "READERS",
        intro: """
          --reader NAME goes on behind what the reader of that name has printed last, and remembers that in
          the store, once it is written. If it is killed in between it prints the last ends again, at most
          1,000 of them, or 4 MiB; it never leaves one out. Each queue has its own readers.
          """),
    ],
    exits: [
      .success: "fine",
      .noInput: "no such item, or it gave nothing back; the others were printed",
      .inputOutput: "standard output takes no more",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "An object a line, for each end.")
  var json = false

  @Flag(name: [.customShort("0"), .customLong("null")], help: "End each result with NUL.")
  var nul = false

  @Flag(name: .spelled, help: "Nothing between results.")
  var raw = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Only ends of this status: done or failed.", valueName: "STATUS"))
  var status: StatusArgument?

  @Flag(name: .spelled, help: "Go on, and wait for more.")
  var follow = false

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Go on where this reader was, and remember how far it comes.", valueName: "READER"))
  var reader: ReaderArgument?

  @Argument(help: ArgumentHelp("Only these items (default: all ends).", valueName: "id"))
  var ids: [String] = []

  func validate() throws {
    if [json, nul, raw].count(where: \.self) > 1 {
      throw ValidationError("--json, -0 and --raw exclude each other")
    }
    if let status, ![.done, .failed].contains(status.status) {
      throw ValidationError("--status is done or failed: \(status.status)")
    }
    if !ids.isEmpty && (follow || reader != nil) {
      throw ValidationError("--follow and --reader are for all ends: name no ids")
    }
    if ids.contains("") { throw ValidationError("an id is empty") }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let summary = try storeOptions.summary(in: store)
    var output = ResultOutput(
      form: json ? .json : nul ? .separated(0) : raw ? .raw : .separated(UInt8(ascii: "\n")),
      queue: summary.name, status: status?.status)
    if ids.isEmpty {
      try list(summary, store, &output)
    } else {
      try list(try IDArguments.operands(ids), summary, store, &output)
    }
  }

  private func list(
    _ ids: [ItemID], _ summary: QueueSummary, _ store: any PlacedStore,
    _ output: inout ResultOutput
  ) throws {
    var missing: UInt64 = 0
    for id in ids {
      if let end = try store.end(of: id, in: summary.name), try output.write(end) { continue }
      missing += 1
      let isThere = try store.item(id, in: summary.name) != nil
      say(
        "q-results: \(isThere ? "it gave nothing back" : "no such item"): "
          + VisibleText.escaped(id.bytes))
    }
    try output.flush()
    if missing > 0 { throw CommandError(.noInput, "\(missing.counting("id")) without a result") }
  }

  private func list(
    _ first: QueueSummary, _ store: any PlacedStore, _ output: inout ResultOutput
  ) throws {
    var (number, news) = (first.number, nil as QueueNews?)
    var last = try lastRead(of: number, store)
    // From now on what has ended is kept for it.
    if last == 0 { try remember(last, of: number, store) }
    while true {
      let revision = store.revision
      var request = EndRequest(after: last)
      request.withItems = json
      let ends = try store.ends(of: first.name, request)
      // Another queue of the same name: its ends are others, and begin anew.
      if let now = try store.summary(of: first.name), now.number != number {
        (number, news) = (now.number, nil)
        last = try lastRead(of: number, store)
        continue
      }
      for end in ends { _ = try output.write(end) }
      try output.flush()
      if let end = ends.last {
        last = end.number
        try remember(last, of: number, store)
      } else if !follow {
        return
      } else if let news {
        news.wait(beyond: revision, moment: nil)
      } else {
        news = QueueNews(try store.watchEnds(of: first.name), of: store)
      }
    }
  }

  private func lastRead(of queue: UInt32, _ store: any PlacedStore) throws -> UInt64 {
    try reader.map { try store.lastRead(by: $0.name, of: queue) } ?? 0
  }

  /// Only once it is written: what was not is printed again.
  private func remember(_ end: UInt64, of queue: UInt32, _ store: any PlacedStore) throws {
    guard let reader else { return }
    do throws(StoreError) {
      try store.note(lastRead: end, by: reader.name, of: queue)
    } catch  where error.code == .noQueue {
      // Its ends went with it.
    }
  }
}
