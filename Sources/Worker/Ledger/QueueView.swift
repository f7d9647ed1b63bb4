import QueueCore

/// The queue as it was at the last look or commit, and what the worker goes by since.
struct QueueView {
  /// Items due later than this do not keep a worker waiting.
  private static let longestWait: Duration = .seconds(300)

  private let plan: WorkPlan
  /// nil: the queue is not there.
  private(set) var summary: QueueSummary?
  /// What the worker goes by.
  private(set) var settings: RunSettings
  /// There was a turn.
  private(set) var isFresh = false
  /// What ``QueueStore/revision`` was after this worker's last commit.
  private(set) var ownRevision: UInt64 = 0
  /// How fast the queue's items end, in whatever worker.
  private var meter: RateMeter
  /// What is pending cannot be claimed: its ids are those of removed items whose runs still live.
  private var isHeldBack = false
  /// The number of the queue that is watched.
  private var watched: UInt32?
  private var hasToldOfRate = false

  init(_ plan: WorkPlan, _ summary: QueueSummary?, now: UInt64) {
    self.plan = plan
    self.summary = summary
    watched = summary?.number
    settings = RunSettings(plan, queue: summary?.settings ?? QueueSettings())
    meter = RateMeter(now: now)
  }

  // MARK: What was seen

  /// Takes what somebody sees who looks.
  mutating func look(_ summary: QueueSummary?, now: UInt64) {
    if let old = self.summary?.counts.ended, let new = summary?.counts.ended, new > old {
      meter.add(Int(clamping: new - old), now: now)
    }
    self.summary = summary
  }

  /// Takes what a turn gave back that wanted so many items.
  mutating func take(_ result: TurnResult, wanted: Int, now: UInt64) {
    look(result.summary, now: now)
    isFresh = true
    ownRevision = result.revision
    if let summary { isHeldBack = wanted > 0 && result.claims.isEmpty && summary.revoked > 0 }
  }

  /// What is held back may be free by now.
  mutating func hope() { isHeldBack = false }

  /// Whether another queue of the same name is there: it has another file to watch.
  var isReplaced: Bool { summary.map { $0.number != watched } ?? false }

  mutating func noteWatched() { watched = summary?.number }

  /// Goes by what the queue is set to now; what the worker went by before, if that was something else.
  mutating func follow() -> RunSettings? {
    guard let summary else { return nil }
    let old = settings
    settings = RunSettings(plan, queue: summary.settings)
    return settings == old ? nil : old
  }

  // MARK: What it means

  func isPaused(at now: Timestamp) -> Bool { summary?.isPaused(at: now) ?? false }

  /// Whether what is claimed and not started is not to be started: the queue rests, a budget is spent, or what was
  /// spent is to be worked off.
  func lacksLeave(at now: Timestamp) -> Bool {
    guard let summary else { return false }
    return summary.isPaused(at: now)
      || summary.budgets.contains { $0.isOver || $0.opening(now: now) != nil }
  }

  /// Whether items are claimed at a rate, of whatever.
  var isRated: Bool {
    settings.rate != nil || summary?.budgets.contains { $0.budget.rate != nil } ?? false
  }

  private func hasItems(at now: Timestamp) -> Bool { summary?.hasItems(at: now) ?? false }

  /// Whether nothing is there that may be claimed, now or later.
  var hasNothingLeft: Bool {
    summary.map { $0.counts.pending + $0.counts.delayed + $0.upstream.items == 0 } ?? true
  }

  /// Whether there was something to claim at the last look, or is by now.
  func canClaim(at now: Timestamp) -> Bool {
    // Where there is no queue there is one look at the start, no more.
    guard let summary else { return !isFresh }
    if isHeldBack || summary.isPaused(at: now) || isPaced(at: now) { return false }
    if summary.budgets.room(reserving: plan.reserve, now: now) == 0 { return false }
    // A turn ends leases: only then is it known whose items they held.
    return summary.hasItems(at: now) || summary.hasExpired(at: now)
  }

  /// When the rates let the next item start; nil where there are none.
  private func opening(at now: Timestamp) -> Timestamp? {
    guard let summary else { return nil }
    let rated = settings.rate.map { $0.opening(after: summary.nextStart, now: now) }
    return [rated, summary.budgets.opening(now: now)].compactMap(\.self).max()
  }

  /// Whether the rate lets nothing start yet.
  private func isPaced(at now: Timestamp) -> Bool { opening(at: now).map { $0 > now } ?? false }

  /// When something may be claimed, as far as is known; `isFree`: there is a slot for it.
  func moments(at now: Timestamp, isFree: Bool) -> [Timestamp] {
    var moments: [Timestamp] = []
    if isFree {
      if let due = summary?.nextDue { moments.append(due) }
      if let expiry = summary?.nextExpiry { moments.append(expiry) }
      if let next = summary?.turns?.next { moments.append(next) }
      if let opening = opening(at: now), hasItems(at: now) { moments.append(opening) }
    }
    if case .until(let end)? = summary?.settings.pause { moments.append(end) }
    return moments.filter { $0 > now }
  }

  /// Why a worker with nothing left to do has nothing to wait for; nil if it has.
  /// - Parameters:
  ///   - canClaim: items could be claimed and run now.
  ///   - isHeldBack: something of this worker's own keeps it from that, and passes.
  ///   - endsRuns: what dead workers left is about to end.
  func reasonToEnd(
    at now: Timestamp, canClaim: Bool, isHeldBack: Bool, endsRuns: Bool
  ) -> WorkReport.End? {
    guard !plan.follows else { return nil }
    // A queue that was removed has nothing left.
    guard let summary else { return .drained }
    let counts = summary.counts
    if counts.unfinished == 0, summary.upstream.items == 0 { return .drained }
    if summary.settings.pause == .indefinite { return .held("the queue is paused: q-resume") }
    if canClaim { return nil }
    let inWork = counts.processing > counts.orphaned + counts.leased
    // What runs have reserved, and do not need, comes back.
    if counts.pending + counts.delayed > 0,
      let unit = summary.budgets.spent(reserving: plan.reserve),
      unit.isSpent(reserving: plan.reserve[unit.unit] ?? .zero)
        || !(inWork || endsRuns || summary.revoked > 0)
    {
      return .held(unit.words(reserving: plan.reserve[unit.unit] ?? .zero))
    }
    // The rate is a pace, not a lack of work; nor is a value that rests, or a machine that is busy.
    let isPaced = hasItems(at: now) ? isHeldBack || isPaced(at: now) : summary.turns?.next != nil
    if !plan.waits && !isPaced { return .idle }
    if summary.hasWaiting || inWork || endsRuns { return nil }
    if counts.delayed > counts.scheduled + counts.awaiting { return nil }
    if let awaited = summary.awaited, awaited.isOver || awaited.isWorkedOn { return nil }
    if let due = summary.nextDue, due - now <= Self.longestWait { return nil }
    if summary.upstream.moving > 0 { return nil }
    if let due = summary.upstream.nextDue, due - now <= Self.longestWait { return nil }
    return .held(Self.rest(counts, summary.upstream, summary.awaited))
  }

  private static func rest(
    _ counts: Counts, _ upstream: Upstream, _ awaited: AwaitedBatches?
  ) -> String {
    var parts: [String] = []
    if counts.pending > 0 { parts.append("\(counts.pending) of groups that are at their limits") }
    let due = counts.delayed - min(counts.awaiting, counts.delayed)
    if due > 0 { parts.append("\(due) due in over 5 minutes") }
    if counts.awaiting > 0 {
      let names = (awaited?.first ?? []).map { batch in
        let (name, failed) = (VisibleText.escaped(batch.name.bytes), batch.counts.failed)
        return failed > 0 ? "\(name) (\(failed) failed)" : name
      }
      let which = names.isEmpty ? "" : ": " + names.joined(separator: ", ")
      parts.append("\(counts.awaiting) waiting for batches\(which): see q-stats --batches")
    }
    if counts.orphaned > 0 {
      parts.append("\(counts.orphaned) held by processes that outlived their worker: see q-stats")
    }
    if counts.leased > 0 { parts.append("\(counts.leased) leased by q-claim") }
    if upstream.items > 0 {
      let names = upstream.unfinished.map(\.text).joined(separator: ", ")
      parts.append("\(upstream.items) held in what feeds it: \(names)")
    }
    return parts.joined(separator: ", ")
  }

  // MARK: What is said of it

  /// What to say, once, when the rate lets nothing start for long.
  mutating func wordsOfRate(at now: Timestamp) -> String? {
    guard !hasToldOfRate, hasItems(at: now), let opening = opening(at: now),
      opening - now > .seconds(60)
    else { return nil }
    hasToldOfRate = true
    let unit = summary?.budgets.slowest(now: now).flatMap {
      $0.opening(now: now) == opening ? $0 : nil
    }
    let rate =
      unit.flatMap { unit in
        unit.budget.rate.map { "\($0.amount.text) \(unit.unit) in \($0.period.text)" }
      } ?? settings.rate.map { "\($0.count) in \($0.period.text)" } ?? ""
    return
      "q-work: waiting for the rate of \(rate): the next item starts in "
      + Duration.seconds((opening - now).components.seconds).text
  }

  /// How far the work is; nil when the queue is not there.
  func progress(running: Int, failed: UInt64, now: UInt64) -> WorkProgress? {
    summary.map {
      WorkProgress(counts: $0.counts, running: running, rate: meter.rate(now: now), failed: failed)
    }
  }
}
