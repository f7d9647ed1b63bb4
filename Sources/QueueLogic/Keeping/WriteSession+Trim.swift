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
    var filter = ItemFilter()
    (filter.endedBefore, filter.isRead) = (EndMark(now + (.zero - keep), rank: .max), true)
    guard let isOld = try FilterTest(filter, of: queue, reading) else { return }
    let most = min(Self.fewest + Self.share * ended, Turn.maximumItems / 2)
    var (trim, moves, looked, isRound) = (record.trim, MoveBatch(), 0, true)
    let start = ItemKey(queue: queue, rank: trim.rank)
    try reading.walk(.done, from: start) { key, state in
      guard key.queue == queue else { return false }
      if key == start { return true }
      guard looked < most * Self.looks, moves.moves.count < most else {
        isRound = false
        return false
      }
      (looked, trim.rank) = (looked + 1, key.rank)
      if try isOld.matches(key, state, reading) {
        let change = try Transition.apply(
          .prune(keepsID: true), to: state, policy: RetryPolicy(), now: now)
        moves.add(ItemMove(key: key, before: state, change: change))
      } else if let ending = state.ending {
        trim.first = min(trim.first, ending.run.endedAt)
      }
      return true
    }
    try apply(&moves)
    if isRound {
      let slack = Duration.microseconds(keep.wholeMicroseconds / 16)
      // Where none stays, or one has ended by a clock that was ahead, what ends from now on counts.
      trim = Trim(rank: 0, from: min(max(trim.first + keep, now + slack), now + keep))
    }
    try update(queue) { $0.trim = trim }
  }
}
