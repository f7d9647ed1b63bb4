import QueueCore

/// What keeps an item from being run: a name for programs, a sentence for people that says what to do, and until
/// when, if that is known.
struct Why {
  let name: String
  let sentence: String
  var until: Timestamp?

  private init(_ name: String, _ sentence: String, until: Timestamp? = nil) {
    (self.name, self.sentence, self.until) = (name, sentence, until)
  }

  /// Looks for the first thing that has to change before the item runs.
  init(_ item: Item, of summary: QueueSummary, in store: any PlacedStore) throws {
    let now = store.now
    switch item.state {
    case .pending: self = try Self.pending(item, summary, store, now)
    case .delayed(let delay) where delay.reason == .awaiting:
      self = try Self.awaiting(item, store)
    case .delayed(let delay): self = Self.delayed(delay)
    case .processing(let hold): self = Self.processing(hold)
    case .done: self = Why("done", "it is done: it does not run again")
    case .failed(let ending):
      self = Why("failed", "it has failed for good, \(ending.reason.name): q-retry tries it afresh")
    }
  }

  private static func pending(
    _ item: Item, _ summary: QueueSummary, _ store: any PlacedStore, _ now: Timestamp
  ) throws -> Why {
    switch summary.settings.pause {
    case .indefinite?: return Why("paused", "its queue is paused: q-resume lets it go on")
    case .until(let end)? where end > now:
      return Why("paused", "its queue rests until \(end.rfc3339): q-resume ends that", until: end)
    case .until?, nil: break
    }
    if try store.isHeldBack(item.id, in: summary.name) {
      return Why(
        "held_back",
        "the handler that a removed item of its id had still runs: it waits for its end")
    }
    if let name = item.group, let group = try store.group(name, of: summary.name),
      let why = Self.group(group, VisibleText.escaped(name.bytes), summary, now)
    {
      return why
    }
    if let rate = summary.settings.rate {
      let opening = rate.opening(after: summary.nextStart, now: now)
      if opening > now {
        return Why(
          "rate", "its queue's rate lets the next item start at \(opening.rfc3339): q-config rate=",
          until: opening)
      }
    }
    if let unit = summary.budgets.slowest(now: now), let opening = unit.opening(now: now) {
      return Why(
        "unit_rate",
        "what its queue has spent of \(unit.unit) is worked off at \(opening.rfc3339): "
          + "q-config rate.\(unit.unit)=N/m", until: opening)
    }
    if let words = summary.budgets.words(reserving: [:]) { return Why("budget", words) }
    if try store.workers().isEmpty {
      return Why("no_worker", "no q-work is there that would run it: start one")
    }
    return Why("waiting", "it waits for its turn, and a free handler: see q-work --workers")
  }

  private static func group(
    _ group: GroupSummary, _ name: String, _ summary: QueueSummary, _ now: Timestamp
  ) -> Why? {
    if group.isFull(summary.settings) {
      let limit = group.settings.filled(from: summary.settings).limit ?? 0
      return Why(
        "group_limit",
        "of its group \(group.running) run, and \(limit) may: q-config --group '\(name)' limit=N")
    }
    guard let opening = group.opening(summary.settings, now: now) else { return nil }
    if opening == group.restUntil {
      return Why(
        "group_rest", "a handler asked its group to rest until \(opening.rfc3339)", until: opening)
    }
    return Why(
      "group_rate",
      "its group's rate lets the next item start at \(opening.rfc3339): "
        + "q-config --group '\(name)' rate=N/s", until: opening)
  }

  /// The first of its batches that has not come to its end.
  private static func awaiting(_ item: Item, _ store: any PlacedStore) throws -> Why {
    for awaited in item.awaited {
      guard let batch = try store.batch(awaited.batch), !batch.isOver(awaited.end) else { continue }
      return Why("batch", "it awaits \(batch.words(for: awaited.end))")
    }
    return Why("batch", "what it awaits has come: the next turn of a q-work lets it go on")
  }

  private static func delayed(_ delay: Delay) -> Why {
    let moment = delay.until.rfc3339
    let sentence =
      switch delay.reason {
      case .scheduled: "it was enqueued with --delay: due at \(moment)"
      case .backoff: "its last attempt failed: it is tried again at \(moment)"
      case .deferred: "its handler asked for more time: it is tried again at \(moment)"
      case .awaiting: "it awaits batches"
      }
    return Why(delay.reason.name, sentence, until: delay.until)
  }

  private static func processing(_ hold: Hold) -> Why {
    if let end = hold.leaseEnd {
      return Why(
        "leased", "q-claim has leased it until \(end.rfc3339): q-settle, or wait for that",
        until: end)
    }
    if hold.orphaned {
      return Why(
        "orphaned",
        "its worker is dead, and what it left running may not be ended: end that, see q-show")
    }
    return Why("running", "a handler runs it")
  }

  /// Its members, for programs.
  func members(_ writer: inout JSONWriter) {
    writer.member("why", name)
    writer.member("why_text", sentence)
    if let until { writer.member("why_until", until) }
  }
}
