import QueueCore

/// How many items of a queue each thing keeps from being run: the names are those of ``Why``.
///
/// Groups and delayed items are gone through, and what is pending where runs of removed items live; all else is
/// counted already.
struct WhyTable {
  private static let page = 1_000

  /// Names and counts, in the order in which things have to change; none is 0.
  private(set) var rows: [(name: String, count: UInt64)] = []

  init(_ summary: QueueSummary, in store: any PlacedStore) throws {
    let (counts, now) = (summary.counts, store.now)
    var pending = counts.pending
    if summary.isPaused(at: now) {
      add("paused", &pending, pending)
    } else {
      let held = summary.revoked > 0 ? try Self.heldBack(of: summary.name, store) : [:]
      add("held_back", &pending, held.values.reduce(0, +))
      if summary.turns != nil { try addGroups(of: summary, store, now, held, &pending) }
      let isPaced = summary.settings.rate.map { rate in
        rate.opening(after: summary.nextStart, now: now) > now
      }
      if isPaced ?? false { add("rate", &pending, pending) }
      if summary.budgets.opening(now: now) != nil { add("unit_rate", &pending, pending) }
      if summary.budgets.spent(reserving: [:]) != nil { add("budget", &pending, pending) }
      add(try store.workers().isEmpty ? "no_worker" : "waiting", &pending, pending)
    }
    var delayed = counts.delayed
    add("batch", &delayed, counts.awaiting)
    add("scheduled", &delayed, counts.scheduled)
    let deferred = delayed > 0 ? try Self.deferred(of: summary.name, store) : 0
    add("deferred", &delayed, deferred)
    add("retry", &delayed, delayed)
    var processing = counts.processing
    add("leased", &processing, counts.leased)
    add("orphaned", &processing, counts.orphaned)
    add("running", &processing, processing)
    var ended = counts.ended
    add("failed", &ended, counts.failed)
    add("done", &ended, counts.done)
  }

  private mutating func add(_ name: String, _ left: inout UInt64, _ count: UInt64) {
    // What was counted a moment later may be more.
    let count = min(count, left)
    left -= count
    if count > 0 { rows.append((name, count)) }
  }

  /// By group, how many pending items the runs of removed ones hold back.
  private static func heldBack(
    of queue: QueueName, _ store: any PlacedStore
  ) throws -> [GroupName?: UInt64] {
    var (held, after) = ([:] as [GroupName?: UInt64], nil as ItemKey?)
    repeat {
      let page = try store.items(of: queue, in: .pending, after: after, limit: page)
      for item in page.items where try store.isHeldBack(item.id, in: queue) {
        held[item.group, default: 0] += 1
      }
      after = page.next
    } while after != nil
    return held
  }

  private mutating func addGroups(
    of summary: QueueSummary, _ store: any PlacedStore, _ now: Timestamp,
    _ held: [GroupName?: UInt64], _ pending: inout UInt64
  ) throws {
    var (limit, rest, rate) = (0 as UInt64, 0 as UInt64, 0 as UInt64)
    var last: UInt32?
    while true {
      let page = try store.groups(of: summary.name, after: last, limit: Self.page)
      for group in page where group.counts.pending > 0 {
        let opening = group.opening(summary.settings, now: now)
        let count = group.counts.pending - min(held[group.name] ?? 0, group.counts.pending)
        if group.isFull(summary.settings) {
          limit += count
        } else if let opening, opening == group.restUntil {
          rest += count
        } else if opening != nil {
          rate += count
        }
      }
      last = page.last?.number
      if page.count < Self.page { break }
    }
    add("group_limit", &pending, limit)
    add("group_rest", &pending, rest)
    add("group_rate", &pending, rate)
  }

  private static func deferred(
    of queue: QueueName, _ store: any PlacedStore
  ) throws -> UInt64 {
    var (count, after) = (0 as UInt64, nil as ItemKey?)
    repeat {
      let page = try store.items(of: queue, in: .delayed, after: after, limit: page)
      for item in page.items {
        if case .delayed(let delay) = item.state, delay.reason == .deferred { count += 1 }
      }
      after = page.next
    } while after != nil
    return count
  }

  var text: String {
    rows.map { name, count in
      "\(name)\(String(repeating: " ", count: 12 - name.utf8.count))\(count)\n"
    }.joined()
  }

  /// `{"version","queue","why":{NAME:COUNT,...}}`.
  func json(_ queue: QueueName) -> String {
    JSONWriter.text(of: queue) { writer in
      writer.name("why")
      writer.object { writer in for (name, count) in rows { writer.member(name, count) } }
    }
  }
}
