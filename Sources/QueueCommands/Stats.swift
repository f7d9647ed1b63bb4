import ArgumentParser
import LMDBStore
import QueueCore

/// `q-stats`: where the items stand.
struct Stats: QueueCommand {
  static let configuration = CommandConfiguration(
    commandName: "q-stats",
    abstract: "Say how many items are in each status.",
    usage: "q-stats [-s DIR] [-q NAME | --all] [--json]",
    discussion: """
      EXAMPLES
        q-stats
        q-stats | awk '$1 == "failed" { print $2 }'
        watch -n1 q-stats --all
      """,
    version: "q-stats \(version)",
    aliases: ["stats"])

  static let notes = """
    OUTPUT
      One status a line, its name and its count: pending, delayed, processing, done,
      failed, total. With items that nobody may end, a line orphaned; while paused, a
      line paused. --all: a table with a line for each queue.

    EXIT STATUS
      0  fine
      65 the store is damaged: see q-check
      66 no such store or queue
      69, 77, 78
         a store that cannot be used, may not be, or has another format
      74 standard output takes no more
      75 the store was busy
    """

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .long, help: "All queues of the store, a line each.")
  var all = false

  @Flag(name: .long, help: "One JSON object, for programs.")
  var json = false

  func validate() throws {
    if all && !storeOptions.queues.isEmpty {
      throw ValidationError("--all and --queue exclude each other")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let now = Timestamp.now
    let summaries = all ? try store.summaries() : [try storeOptions.summary(in: store)]
    var output = DataOutput()
    if json {
      try output.write(Self.json(summaries, store.directory.path, now) + "\n")
    } else if all {
      try output.write(Self.table(summaries))
    } else if let summary = summaries.first {
      try output.write(Self.lines(summary, now))
    }
    try output.flush()
  }

  private static func lines(_ summary: QueueSummary, _ now: Timestamp) -> String {
    var rows = Status.allCases.map { ($0.rawValue, "\(summary.counts[$0])") }
    rows.append(("total", "\(summary.counts.total)"))
    if summary.counts.orphaned > 0 { rows.append(("orphaned", "\(summary.counts.orphaned)")) }
    if summary.isPaused(at: now) { rows.append(("paused", "1")) }
    return rows.map { "\($0)\(String(repeating: " ", count: 11 - $0.utf8.count))\($1)\n" }.joined()
  }

  private static func table(_ summaries: [QueueSummary]) -> String {
    var rows = [["queue"] + Status.allCases.map(\.rawValue) + ["total"]]
    for summary in summaries {
      rows.append(
        [summary.name.text] + Status.allCases.map { "\(summary.counts[$0])" }
          + ["\(summary.counts.total)"])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let fill = String(repeating: " ", count: widths[column] - text.utf8.count)
        return column == 0 ? text + fill : fill + text
      }.joined(separator: "  ") + "\n"
    }.joined()
  }

  private static func json(
    _ summaries: [QueueSummary], _ path: String, _ now: Timestamp
  ) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("store", path)
      writer.name("queues")
      writer.array { writer in
        for summary in summaries {
          writer.object { writer in
            writer.member("queue", summary.name.text)
            for status in Status.allCases {
              writer.member(status.rawValue, summary.counts[status])
            }
            writer.member("total", summary.counts.total)
            writer.member("orphaned", summary.counts.orphaned)
            writer.member("paused", summary.isPaused(at: now))
            writer.member("next_due", summary.nextDue)
          }
        }
      }
    }
    return writer.text
  }
}
