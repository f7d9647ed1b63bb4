import OrderedStore
import QueueCore

/// One repair, on its way through the store.
///
/// An item's record says which item there is; its id, its state and its counts follow. Where several
/// things contradict one another the one further on counts: done stays done.
struct Repairer {
  let now: Timestamp
  var repairs = Repairs()
  /// What is there, by queue.
  var counts: [UInt32: Counts] = [:]
  /// The highest sequence of each queue.
  var sequences: [UInt32: UInt64] = [:]
  /// The registered workers.
  var workers: Set<WorkerID> = []
  /// The names that queues have.
  var names: Set<QueueName> = []
  /// Whether records were met that cannot be read.
  var hasUnreadable = false
  /// Every queue that there is.
  var queues: Set<UInt32> = []
  /// What is there by queue and group, runs of removed items by group, and the first item of each queue that has one.
  var groups: [UInt32: [GroupKey: StatusCounts]] = [:]
  var revoked: [GroupKey: UInt64] = [:]
  var firstGrouped: [UInt32: UInt64] = [:]
  /// What is there by batch, how often items await each, and the highest round of each end that they do.
  var batches: [UInt32: StatusCounts] = [:]
  var waiting: [UInt32: UInt64] = [:]
  var rounds: [UInt32: [UInt32]] = [:]
  /// What runs had reserved that nothing is known of any more.
  var lostRuns = SpentSums()
  /// Queues with items that have ended by recipes.
  var withRecipes: Set<UInt32> = []
  /// Ids that are known of pruned items, by queue.
  var pruned: [UInt32: UInt64] = [:]
  /// The highest end of each queue that has some.
  var highestEnd: [UInt32: UInt64] = [:]
  /// The highest numbers that are named.
  var highestBatch: UInt32 = 0
  var highestToken: UInt64 = 0
  var highestWorker: UInt64 = 0

  init(now: Timestamp) { self.now = now }

  static func name(_ key: ItemKey) -> String {
    "item \(key.queue)/\(key.priority)/\(key.sequence)"
  }

  /// How an item ends of which something is lost.
  func ended(_ why: String, _ tally: Tally) -> ItemState {
    let run = RunSummary(exit: nil, startedAt: now, endedAt: now, message: Array(why.utf8))
    return .failed(Ending(tally: tally, reason: .failed, run: run))
  }
}

extension WriteSession {
  /// Calls `body` for every key of a sub-database, in order; `body` may change the store.
  mutating func forEachKey(
    in table: Table, _ body: (inout WriteSession, [UInt8]) throws -> Void
  ) throws {
    let limit = 4_096
    var last: [UInt8]?
    while true {
      let keys = try keys(in: table, after: last, limit: limit)
      for key in keys { try body(&self, key) }
      guard keys.count == limit else { return }
      last = keys.last
    }
  }

  private func keys(in table: Table, after: [UInt8]?, limit: Int) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    try withBytes(after ?? []) { start in
      try transaction.scan(table, from: start) { found, _ in
        if after == nil || !found.elementsEqual(start) { keys.append(Array(found)) }
        return keys.count < limit
      }
    }
    return keys
  }
}
