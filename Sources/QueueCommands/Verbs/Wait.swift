import ArgumentParser
import QueueCore

/// `q-wait`: until the queue is drained.
struct Wait: QueueCommand {
  static let help = CommandHelp(
    "q-wait", "Wait until a queue is drained.",
    usage: "[options]",
    examples: [
      "q-enqueue < more.txt && q-wait && ./publish.sh",
      "q-wait --timeout 1h || q-stats",
      "q-wait --queue photos --quiet",
    ],
    sections: [
      HelpSection(
        "WHAT IS WAITED FOR",
        intro: """
          Nothing pending, delayed or processing, here or in a queue that feeds this one: every item is
          done or has failed for good. Paused,
          far-delayed and held items are waited for too; --timeout bounds it. q-wait runs no handler and
          takes nothing back from dead workers: that is for a q-work, now or later. It ends leases that
          run out.
          """)
    ],
    exits: [
      .success: "drained, and every item is done",
      .someFailed: "drained, and some items have failed: q-list failed",
      .timedOut: "the time-out came first",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Wait no longer than this: 90s, 10m, 2h, 1d; a bare number is seconds.",
      valueName: "DURATION"))
  var timeout: DurationArgument?

  @Flag(name: .spelled, help: "The queue's counts at the end as one JSON object.")
  var json = false

  @Flag(name: .spelled, help: "Say nothing; the exit status tells.")
  var quiet = false

  func execute() throws {
    let store = try storeOptions.open()
    let first = try storeOptions.summary(in: store)
    let queue = first.name
    let news = try QueueNews(of: queue, in: store)
    let end = timeout.map { ContinuousClock.now + $0.duration }
    if !quiet, first.counts.unfinished + first.upstream.items > 0, try store.workers().isEmpty {
      say("q-wait: no q-work is running: \(first.counts.unfinished.counting("item")) left")
    }
    var counts: Counts?
    while true {
      let revision = store.revision
      let summary = try store.summary(of: queue)
      counts = summary?.counts
      guard let summary, let open = counts, open.unfinished + summary.upstream.items > 0 else {
        break
      }
      if summary.hasExpired(at: store.now) {
        _ = try store.expire()
        continue
      }
      if let end, .now >= end {
        try report(queue, open)
        if quiet { Wait.exit(withError: ExitCode(ExitStatus.timedOut.rawValue)) }
        throw CommandError(
          .timedOut,
          "not drained: \(open.pending.grouped) pending, "
            + "\(open.delayed.grouped) delayed, \(open.processing.grouped) processing"
            + summary.upstream.words)
      }
      news.wait(beyond: revision, moment: summary.nextExpiry, until: end)
    }
    // A queue that was removed meanwhile has nothing left either.
    try report(queue, counts ?? Counts())
    if let failed = counts?.failed, failed > 0 {
      if !quiet { say("q-wait: \(failed.counting("item")) failed: q-list failed --long") }
      Wait.exit(withError: ExitCode(ExitStatus.someFailed.rawValue))
    }
  }

  private func report(_ queue: QueueName, _ counts: Counts) throws {
    guard json else { return }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("queue", queue.text)
      writer.member("drained", counts.unfinished == 0)
      for status in Status.allCases { writer.member(status.rawValue, counts[status]) }
      writer.member("total", counts.total)
    }
    var output = DataOutput()
    try output.write(writer.text + "\n")
    try output.flush()
  }
}
