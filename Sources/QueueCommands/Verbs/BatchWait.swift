import QueueCore

/// Waits until a batch has ended.
struct BatchWait {
  let name: BatchName
  let store: any PlacedStore
  /// When to give up.
  let end: ContinuousClock.Instant?
  let quiet: Bool

  /// The batch in the end, and whether that came in time. One that was removed meanwhile is what it was before.
  func wait() throws -> (batch: BatchSummary, isInTime: Bool) {
    guard var batch = try store.batch(name) else { throw CommandError.noBatch(name, in: store) }
    let news = QueueNews(try store.watchBatches(), of: store)
    if !quiet, !batch.isOver(.ended), try store.workers().isEmpty {
      say("q-wait: no q-work is running: \(batch.words(for: .ended))")
    }
    while true {
      let revision = store.revision
      guard let now = try store.batch(name) else { return (batch, true) }
      batch = now
      if batch.isOver(.ended) { return (batch, true) }
      let expiry = try store.summaries().lazy.compactMap(\.nextExpiry).first
      if let expiry, expiry <= store.now {
        _ = try store.expire()
        continue
      }
      if let end, .now >= end { return (batch, false) }
      news.wait(beyond: revision, moment: expiry, until: end)
    }
  }
}
