import OrderedStore
import QueueCore

/// Runs of removed items.
extension WriteSession {
  /// Remembers the run of an item that is removed.
  mutating func revoke(
    _ hold: Hold, of worker: WorkerID, _ key: ItemKey, _ id: [UInt8]
  ) throws {
    let reserved = try queue(key.queue).hasSpending ? reading.spent(by: key)?.reserved : nil
    writer.clear()
    writer.put(key.rank)
    writer.put(varint: worker.number)
    writer.put(varint: UInt64(hold.tally.group))
    writer.put(reserved ?? [:])
    writer.put(raw: id)
    try withBytes(Format.revokedKey(key.queue, hold.token)) { bytes in
      try writer.bytes.withUnsafeBytes { try transaction.put($0, for: bytes, in: .meta) }
    }
    if try queue(key.queue).grouping != nil {
      try update(GroupKey(queue: key.queue, number: hold.tally.group)) { $0.revoked &+= 1 }
    }
    wake(key.queue)
  }

  /// The runs of a queue's removed items; of all queues without one.
  func revoked(of queue: UInt32? = nil) throws -> [RevokedRun] {
    try reading.revoked(of: queue)
  }

  /// The run of that token, if its item was removed.
  func revoked(_ token: Token) throws -> RevokedRun? {
    try revoked(of: token.key.queue).first { $0.token == token }
  }

  /// The run has ended: its id may be claimed again. `spent`: what it said; `isLost`: it said nothing.
  mutating func forget(_ run: RevokedRun, spent: Amounts = [:], isLost: Bool = false) throws {
    try erase(run)
    try book(run, spent, isLost: isLost)
    if try queue(run.group.queue).grouping != nil {
      try update(run.group) { $0.revoked -= min(1, $0.revoked) }
    }
    wake(run.token.key.queue)
  }

  /// Forgets a run, and nothing else.
  func erase(_ run: RevokedRun) throws {
    _ = try withBytes(Format.revokedKey(run.token.key.queue, run.token.number)) {
      try transaction.delete($0, in: .meta)
    }
  }
}
