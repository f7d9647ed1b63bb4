import QueueCore

/// An item in words, for a line of a listing.
struct ItemText {
  let item: Item
  let now: Timestamp

  /// How long it has been as it is, or how long until its moment comes.
  var age: String {
    switch item.state {
    case .pending: short(now - item.enqueuedAt)
    case .delayed(let delay) where delay.reason == .awaiting: short(now - item.enqueuedAt)
    case .delayed(let delay): "in " + short(delay.until - now)
    case .processing(let hold): short(now - hold.since)
    case .done(let ending), .failed(let ending): short(now - ending.run.endedAt)
    }
  }

  /// Why it is as it is; on one line.
  var why: String {
    switch item.state {
    case .pending(let tally):
      return tally.losses > 0 ? "its worker died, or its lease ran out" : "-"
    case .delayed(let delay):
      if delay.reason == .awaiting { return "awaits " + item.awaited.words }
      guard let run = delay.lastRun else { return "enqueued with a delay" }
      let reason = delay.reason == .deferred ? "deferred" : "to be retried"
      return reason + ": " + Self.line(run.explanation)
    case .processing(let hold):
      switch hold.holder {
      case .lease(let end): return "leased, for " + short(end - now) + " more"
      case .worker(let worker):
        return hold.orphaned
          ? "held by processes that outlived worker \(worker.number)" : "worker \(worker.number)"
      }
    case .done(let ending): return "took " + (ending.run.endedAt - ending.run.startedAt).precise
    case .failed(let ending): return ending.reason.words + Self.line(ending.explanation)
    }
  }

  private static func line(_ message: [UInt8]) -> String {
    VisibleText.lastLine(message, limit: 100)
  }

  private func short(_ duration: Duration) -> String { duration.short }
}

extension Ending.Reason {
  /// What is put before the message, where that alone does not tell.
  fileprivate var words: String {
    switch self {
    case .succeeded, .failed, .timedOut: ""
    case .crashed: "crashed: "
    case .deferredTooOften: "deferred too often: "
    case .poison: "poison: "
    }
  }

  /// The reason as programs read it.
  var name: String {
    switch self {
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .crashed: "crashed"
    case .timedOut: "timed_out"
    case .deferredTooOften: "deferred_too_often"
    case .poison: "poison"
    }
  }
}

extension Delay.Reason {
  /// The reason as programs read it.
  var name: String {
    switch self {
    case .scheduled: "scheduled"
    case .backoff: "retry"
    case .deferred: "deferred"
    case .awaiting: "batch"
    }
  }
}

extension [Prerequisite] {
  /// The batches, for people.
  var words: String {
    (count == 1 ? "batch " : "batches ")
      + map { VisibleText.escaped($0.batch.bytes) }.joined(separator: ", ")
  }
}

extension Duration {
  /// In its largest unit: 3s, 5m, 2h, 4d.
  var short: String {
    let seconds = max(wholeMicroseconds, 0) / 1_000_000
    return switch seconds {
    case ..<60: "\(seconds)s"
    case ..<3_600: "\(seconds / 60)m"
    case ..<86_400: "\(seconds / 3_600)h"
    default: "\(seconds / 86_400)d"
    }
  }

  /// To about three digits: 1.2ms, 12ms, 3.4s, 2m 36s.
  var precise: String {
    let microseconds = max(wholeMicroseconds, 0)
    return switch microseconds {
    case ..<10_000: "\(microseconds / 1_000).\(microseconds / 100 % 10)ms"
    case ..<1_000_000: "\(microseconds / 1_000)ms"
    case ..<60_000_000: "\(microseconds / 1_000_000).\(microseconds / 100_000 % 10)s"
    default: rough
    }
  }
}
