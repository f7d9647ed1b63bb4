import ArgumentParser
import QueueCore

/// `q-wait`: until the queue is drained.
struct Wait: QueueCommand {
  static let help = CommandHelp(
    "q-wait", "Wait until a queue is drained, or a batch has ended.",
    usage: "[options]",
    examples: [
      "q-enqueue < more.txt && q-wait && ./publish.sh",
      "q-wait --timeout 1h || q-stats",
      "q-wait --queue photos --quiet",
      "q-wait --batch monday && ./publish.sh",
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

          --batch: until the batch has ended: what fills it has, and every item of it is done or has failed
          for good, in whatever queue.
          """)
    ],
    exits: [
      .success: "drained, or ended, and every item is done",
      .someFailed: "drained, or ended, and some items have failed: q-list failed",
      .timedOut: "the time-out came first",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Wait no longer than this: 90s, 10m, 2h, 1d; a bare number is seconds.",
      valueName: "DURATION"))
  var timeout: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp("Wait for the end of this batch, not for a queue.", valueName: "BATCH"))
  var batch: BatchArgument?

  @Flag(name: .spelled, help: "The counts at the end as one JSON object.")
  var json = false

  @Flag(name: .spelled, help: "Say nothing; the exit status tells.")
  var quiet = false

  func validate() throws {
    if batch != nil && !storeOptions.queues.isEmpty {
      throw ValidationError("--batch and --queue exclude each other: a batch is of all queues")
    }
  }

  func execute() throws {
    let store = try storeOptions.open()
    if let batch { return try wait(for: batch.name, in: store) }
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

  private func wait(for batch: BatchName, in store: any PlacedStore) throws {
    let end = timeout.map { ContinuousClock.now + $0.duration }
    let (batch, isInTime) = try BatchWait(name: batch, store: store, end: end, quiet: quiet).wait()
    if json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("version", 1)
        writer.members(batch)
      }
      var output = DataOutput()
      try output.write(writer.text + "\n")
      try output.flush()
    }
    guard isInTime else {
      if quiet { Wait.exit(withError: ExitCode(ExitStatus.timedOut.rawValue)) }
      throw CommandError(.timedOut, "not ended: \(batch.words(for: .ended))")
    }
    guard batch.counts.failed > 0 else { return }
    if !quiet { say("q-wait: \(batch.words(for: .complete))") }
    Wait.exit(withError: ExitCode(ExitStatus.someFailed.rawValue))
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
