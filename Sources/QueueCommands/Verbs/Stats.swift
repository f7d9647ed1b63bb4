import ArgumentParser
import QueueCore

/// `q-stats`: where the items stand.
struct Stats: QueueCommand {
  static let help = CommandHelp(
    "q-stats", "Say how many items are in each status.",
    usage:
      "[-s DIR] [-q NAME | --all] [--errors | --why | --groups | --budgets | --batches] [--json]",
    examples: [
      "q-stats",
      #"q-stats | awk '$1 == "failed" { print $2 }'"#,
      "q-stats --errors",
    ],
    sections: [
      HelpSection(
        "OUTPUT",
        intro: """
          One status a line, its name and its count: pending, delayed, processing, done,
          failed, total. With items that await batches, a line awaiting; with items that nobody may
          end, a line orphaned; with items that q-claim leased, a line leased; while paused, a line
          paused; with a budget that is spent, a line budget. When items ended in the last
          5 minutes, a line rate (the mean since then, as 39.97/s) and, while some are worked on or
          can be, a line eta (as 0.9s or 2m 36s).
          """,
        rows: [
          (
            "--all",
            "a table with a line for each queue; where queues feed others, with those that feed each"
          ),
          (
            "--errors",
            """
            the failed items by message, the most frequent first, at most 10: a count, the message and up
            to 3 ids, with TABs in between. The id, paths, hexadecimal and other numbers in messages are
            replaced, so that what failed for the same reason is one line.
            """
          ),
          (
            "--why",
            """
            how many items each thing keeps from being run, by the names of q-show --why
            """
          ),
          (
            "--groups",
            """
            a line for each group: how many of it run, of how many that may, its items in each status, how
            long it rests yet, and its name; the items without a group come first
            """
          ),
          (
            "--budgets",
            """
            a line for each unit that was spent, or has a budget or a rate: what is spent, what is reserved
            for runs, how much may be spent, how fast, how long what was spent is still worked off, its name
            """
          ),
          (
            "--batches",
            """
            a line for each batch of the store: its items in each status, how many items wait for it, its
            state, and its name. It is open, then sealed, then complete, with every item done, or ended,
            with failed ones
            """
          ),
        ])
    ],
    exits: [
      .success: "fine",
      .inputOutput: "standard output takes no more",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Flag(name: .spelled, help: "All queues of the store, a line each.")
  var all = false

  @Flag(name: .spelled, help: "Why items failed, the most frequent reason first.")
  var errors = false

  @Flag(name: .spelled, help: "What keeps items from being run, and how many.")
  var why = false

  @Flag(name: .spelled, help: "The groups of the queue, a line each.")
  var groups = false

  @Flag(name: .spelled, help: "What the queue has spent, a unit a line.")
  var budgets = false

  @Flag(name: .spelled, help: "The batches of the store, a line each.")
  var batches = false

  @Flag(name: .spelled, help: "One JSON object, for programs.")
  var json = false

  func validate() throws {
    if all && !storeOptions.queues.isEmpty {
      throw ValidationError("--all and --queue exclude each other")
    }
    let views = [
      ("--all", all), ("--errors", errors), ("--why", why), ("--groups", groups),
      ("--budgets", budgets), ("--batches", batches),
    ].filter(\.1)
    if views.count > 1 {
      throw ValidationError("\(views[0].0) and \(views[1].0) exclude each other")
    }
    if batches && !storeOptions.queues.isEmpty {
      throw ValidationError("--batches and --queue exclude each other: a batch is of all queues")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    let now = store.now
    if batches { return try Self.writeBatches(of: store, json: json) }
    let summaries = all ? try store.summaries() : [try storeOptions.summary(in: store)]
    var output = DataOutput()
    if errors {
      let failures = try Failures(of: storeOptions.queueName, in: store)
      try output.write(json ? failures.json(storeOptions.queueName) + "\n" : failures.text)
    } else if why, let summary = summaries.first {
      let table = try WhyTable(summary, in: store)
      try output.write(json ? table.json(summary.name) + "\n" : table.text)
    } else if groups, let summary = summaries.first {
      let table = GroupTable(summary: summary, now: now)
      if json {
        try output.write(table.json(store) + "\n")
      } else {
        try table.write(store, to: &output)
      }
    } else if budgets, let summary = summaries.first {
      let table = BudgetTable(units: try store.budgets(of: summary.name), now: now)
      try output.write(json ? table.json(summary.name) + "\n" : table.text)
    } else if json {
      let speeds = try summaries.map { try Self.throughput(of: $0, in: store, now) }
      try output.write(Self.json(summaries, speeds, store.address, now) + "\n")
    } else if all {
      try output.write(Self.table(summaries))
    } else if let summary = summaries.first {
      let throughput = try Self.throughput(of: summary, in: store, now)
      try output.write(Self.lines(summary, throughput, now))
    }
    try output.flush()
  }

  private static func writeBatches(of store: any PlacedStore, json: Bool) throws {
    var output = DataOutput()
    let table = BatchTable(store: store)
    if json { try output.write(table.json + "\n") } else { try table.write(to: &output) }
    try output.flush()
  }

  private static func throughput(
    of summary: QueueSummary, in store: any PlacedStore, _ now: Timestamp
  ) throws -> Throughput? {
    let since = now + .seconds(-60 * Int64(Throughput.minutes - 1))
    return Throughput(try store.history(of: summary.name, since: since), now: now)
  }

  private static func lines(
    _ summary: QueueSummary, _ throughput: Throughput?, _ now: Timestamp
  ) -> String {
    var rows = Status.allCases.map { ($0.rawValue, "\(summary.counts[$0])") }
    rows.append(("total", "\(summary.counts.total)"))
    if summary.pruned > 0 { rows.append(("pruned", "\(summary.pruned)")) }
    if summary.counts.awaiting > 0 { rows.append(("awaiting", "\(summary.counts.awaiting)")) }
    if summary.counts.orphaned > 0 { rows.append(("orphaned", "\(summary.counts.orphaned)")) }
    if summary.counts.leased > 0 { rows.append(("leased", "\(summary.counts.leased)")) }
    if summary.isPaused(at: now) { rows.append(("paused", "1")) }
    if let unit = summary.budgets.first(where: { $0.isSpent(reserving: .zero) }) {
      rows.append(("budget", "\(unit.unit) is spent"))
    }
    if let throughput {
      rows.append(("rate", throughput.rate.short + "/s"))
      if let eta = Self.eta(summary, throughput, now) {
        rows.append(("eta", eta.rough))
      }
    }
    return rows.map { "\($0)\(String(repeating: " ", count: 11 - $0.utf8.count))\($1)\n" }.joined()
  }

  /// How long it takes yet, unless nothing is claimed.
  private static func eta(
    _ summary: QueueSummary, _ throughput: Throughput, _ now: Timestamp
  ) -> Duration? {
    let isHeld = summary.budgets.contains {
      $0.isSpent(reserving: .zero) || $0.opening(now: now) != nil
    }
    if isHeld || summary.isPaused(at: now) { return nil }
    return throughput.eta(summary.counts)
  }

  private static func table(_ summaries: [QueueSummary]) -> String {
    let isFed = summaries.contains { !$0.upstream.feeders.isEmpty }
    var rows = [["queue"] + Status.allCases.map(\.rawValue) + ["total"] + (isFed ? ["fed_by"] : [])]
    for summary in summaries {
      rows.append(
        [summary.name.text] + Status.allCases.map { "\(summary.counts[$0])" }
          + ["\(summary.counts.total)"]
          + (isFed ? [summary.upstream.feederNames ?? "-"] : []))
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
    _ summaries: [QueueSummary], _ speeds: [Throughput?], _ path: String, _ now: Timestamp
  ) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("store", path)
      writer.name("queues")
      writer.array { writer in
        for (summary, throughput) in zip(summaries, speeds) {
          writer.object { writer in
            writer.member("queue", summary.name.text)
            for status in Status.allCases {
              writer.member(status.rawValue, summary.counts[status])
            }
            writer.member("total", summary.counts.total)
            if summary.counts.awaiting > 0 {
              writer.member("awaiting", summary.counts.awaiting)
            }
            if summary.pruned > 0 { writer.member("pruned", summary.pruned) }
            writer.member("orphaned", summary.counts.orphaned)
            writer.member("leased", summary.counts.leased)
            if !summary.upstream.feeders.isEmpty {
              writer.member("fed_by", summary.upstream.feeders.map { Array($0.text.utf8) })
            }
            writer.member("paused", summary.isPaused(at: now))
            writer.member("next_due", summary.nextDue)
            if let throughput {
              writer.member("rate_per_second", throughput.rate)
              if let eta = Self.eta(summary, throughput, now) {
                writer.member("eta_seconds", eta.inSeconds)
              }
            }
          }
        }
      }
    }
    return writer.text
  }
}
