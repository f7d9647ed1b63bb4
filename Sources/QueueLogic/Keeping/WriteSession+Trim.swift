import OrderedStore
import QueueCore

/// Where a queue keeps what is done for a time only, each commit of a worker prunes a few of those that were kept
/// long enough.
extension WriteSession {
  /// At most so many are pruned where nothing has ended, and so many more for each that has.
  private static let fewest = 64
  private static let share = 2
  /// How many are looked at for each that may be pruned.
  private static let looks = 4

  /// Looks through some of the items that are done. One round goes through all; the next begins when the first of
  /// those that stay is old enough, and not before a sixteenth of the time to be kept has passed.
  mutating func trim(_ queue: UInt32, ended: Int) throws {
    let record = try self.queue(queue)
    guard let keep = record.settings.keep, record.counts.done > 0, record.trim.from <= now else {
      return
    }
    let cutoff = Timestamp(microseconds: now.microseconds) + (.zero - keep)
    let most = min(Self.fewest + Self.share * ended, Turn.maximumItems / 2)
    let read = try reading.firstRead(of: queue)
    var (trim, old, looked) = (record.trim, [] as [(key: ItemKey, state: ItemState)], 0)
    var isRound = true
    let start = ItemKey(queue: queue, rank: trim.rank)
    try reading.walk(.done, from: start) { key, state in
      guard key.queue == queue else { return false }
      if key == start { return true }
      guard looked < most * Self.looks, old.count < most else {
        isRound = false
        return false
      }
      (looked, trim.rank) = (looked + 1, key.rank)
      guard case .done(let ending) = state else { return true }
      let isUnread = try read.map { read in
        try reading.end(of: key).map { $0.number > read } ?? false
      }
      if ending.run.endedAt <= cutoff, isUnread != true {
        old.append((key, state))
      } else {
        trim.first = min(trim.first, ending.run.endedAt)
      }
      return true
    }
    let policy = RetryPolicy()
    for (key, state) in old {
      let change = try Transition.apply(.prune(keepsID: true), to: state, policy: policy, now: now)
      try apply(change, to: key, in: state)
    }
    if isRound {
      let slack = Duration.microseconds(keep.wholeMicroseconds / 16)
      // Where none stays, or one has ended by a clock that was ahead, what ends from now on counts.
      trim = Trim(rank: 0, from: min(max(trim.first + keep, now + slack), now + keep))
    }
    try update(queue) { $0.trim = trim }
  }
}
