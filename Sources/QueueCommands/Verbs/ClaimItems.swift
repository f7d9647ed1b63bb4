import ArgumentParser
import Glibc
import QueueCore

/// `q-claim`: items to work on oneself, each with a token that ends its claim.
struct ClaimItems: QueueCommand {
  static let help = CommandHelp(
    "q-claim", "Claim items to work on them yourself; q-settle ends the claims.",
    usage: "[-n N] [--lease DURATION] [--wait] [options]",
    examples: [
      #"q-claim > c && ./work.sh "$(cut -f3- c)" && q-settle done < c"#,
      "q-claim -n 100 --json | ./worker.py | q-settle --json done",
      "q-claim -n 1000 | q-settle released",
    ],
    sections: [
      HelpSection(
        "OUTPUT",
        intro: """
          A line for each item: its token, a TAB, the number of the attempt, a TAB, and the id, which ends
          the line: TABs in it do no harm. --json: an object a line, with the members token, id (id_b64
          where it is not UTF-8), attempt, payload if it has one, and lease_until. An id that contains a
          newline is claimed only under -0 or --json.
          """),
      HelpSection(
        "LEASES",
        intro: """
          A claim holds its item until q-settle ends it or its lease runs out; q-extend makes that later.
          What ran out is pending again, counted as lost (--max-losses of q-config), and its token settles
          nothing any more. Nobody looks whether you still work: choose a lease that is longer than the
          work, or extend it. Claims are in the store, durably, before they are printed. What standard
          output does not take is given back.
          """),
    ],
    exits: [
      .success: "at least one item",
      .someFailed: "drained: nothing is left, and nothing will come back",
      .badData: "what could be claimed has newlines in its ids",
      .inputOutput: "standard output takes no more: the claims were given back",
      .temporary: "nothing to claim now, but more may come",
    ])

  @OptionGroup var storeOptions: StoreOptions

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("items")], parsing: .unconditional,
    help: ArgumentHelp("Claim at most this many: 1 to 4,000.", valueName: "N"))
  var items: Int = 1

  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "Hold them for this long: 90s, 10m, 2h; a bare number is seconds (default: 60s).",
      valueName: "DURATION"))
  var lease: DurationArgument?

  @Option(
    name: .spelled, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Take so much of a budget for each item until its claim ends: usd=0.02; spent if its lease runs out. "
        + "May stand several times.",
      valueName: "UNIT=AMOUNT"))
  var reserve: [AmountArgument] = []

  @Flag(name: .spelled, help: "Wait until there is something to claim, or nothing is left.")
  var wait = false

  @Flag(name: [.customShort("0"), .customLong("null")], help: "End lines with NUL, not newline.")
  var nul = false

  @Flag(name: .spelled, help: "An object a line, with the payload.")
  var json = false

  @Flag(name: .spelled, help: "No summary; the exit status tells.")
  var quiet = false

  func validate() throws {
    if !(1...Turn.maximumItems).contains(items) {
      throw ValidationError("-n must be 1 to 4,000: \(items)")
    }
    if let lease, lease.duration <= .zero { throw ValidationError("--lease must be above zero") }
    _ = try reserve.amounts(of: "--reserve")
    if json && nul { throw ValidationError("--json and -0 exclude each other") }
  }

  func execute() throws {
    // A reader that is gone is an error of the write: the claims go back.
    signal(SIGPIPE, SIG_IGN)
    let store = try storeOptions.open()
    var request = LeaseRequest(
      queue: storeOptions.queueName, wanted: items, length: lease?.duration ?? .seconds(60))
    request.asLines = !nul && !json && !DataOutput.isTerminal
    request.withPayloads = json
    request.reserve = try reserve.amounts(of: "--reserve")
    var news: QueueNews?
    while true {
      let revision = store.revision
      let result = try store.claim(request)
      if !result.claims.isEmpty { return try hand(result, store) }
      if !result.passedOver.isEmpty {
        name(result.passedOver)
        throw CommandError(
          .badData,
          "\(result.passedOver.count.counting("id")) left pending, with newlines in them: use -0 or "
            + "--json")
      }
      // One that was removed while this waited has nothing left.
      if result.summary == nil, news == nil { _ = try storeOptions.summary(in: store) }
      guard let summary = result.summary,
        summary.counts.unfinished + summary.upstream.items > 0
      else { throw drained }
      guard wait else { throw nothingNow(summary, request.reserve, result.now) }
      if let news {
        hope(for: news, beyond: revision, summary, store)
      } else {
        news = try QueueNews(of: request.queue, in: store)
      }
    }
  }

  private var drained: CommandError {
    CommandError(.someFailed, "drained: nothing is left to claim", isSaid: !quiet)
  }

  private func nothingNow(
    _ summary: QueueSummary, _ reserve: Amounts, _ now: Timestamp
  ) -> CommandError {
    let counts = summary.counts
    return CommandError(
      .temporary,
      "nothing to claim now: \(counts.pending.grouped) pending, \(counts.delayed.grouped) delayed, "
        + "\(counts.processing.grouped) processing" + (summary.isPaused(at: now) ? ", paused" : "")
        + (summary.budgets.words(reserving: reserve).map { ", " + $0 } ?? "")
        + (counts.awaiting > 0 ? ", \(counts.awaiting.grouped) of them await batches" : "")
        + summary.upstream.words,
      isSaid: !quiet)
  }

  /// Waits until there may be something to claim.
  private func hope(
    for news: QueueNews, beyond revision: UInt64, _ summary: QueueSummary, _ store: any PlacedStore
  ) {
    let now = store.now
    var moments = [summary.nextDue, summary.nextExpiry, summary.turns?.next]
    if case .until(let end)? = summary.settings.pause { moments.append(end) }
    if let rate = summary.settings.rate, summary.hasItems(at: now) {
      moments.append(rate.opening(after: summary.nextStart, now: now))
    }
    moments.append(summary.budgets.opening(now: now))
    news.wait(beyond: revision, moment: moments.compactMap(\.self).filter { $0 > now }.min())
  }

  /// Prints what was claimed; what cannot be printed goes back.
  private func hand(_ result: LeaseResult, _ store: any PlacedStore) throws {
    let form: ClaimLines.Form = json ? .json : nul ? .nul : .lines(escaped: DataOutput.isTerminal)
    do {
      var output = DataOutput()
      try output.write(ClaimLines.bytes(result, form))
      try output.flush()
    } catch {
      let ends = result.claims.map {
        LeaseSettlement(token: $0.token, outcome: .released, jitter: 0)
      }
      _ = try store.settle(ends)
      throw CommandError(
        .inputOutput, "\(error.message); \(ends.count.counting("claim")) given back")
    }
    name(result.passedOver)
    if !quiet {
      say(
        "\(result.claims.count.counting("item")) claimed, leased until \(result.until.rfc3339)")
    }
  }

  private func name(_ ids: [ItemID]) {
    for id in ids.prefix(20) {
      say("q-claim: left pending: an id contains a newline: \(VisibleText.escaped(id.bytes))")
    }
  }
}
