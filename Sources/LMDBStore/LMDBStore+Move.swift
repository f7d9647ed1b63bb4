import LMDB
public import QueueCore

extension LMDBStore {
  /// Retries or removes items by id; see ``QueueStore``. At most 4,000 a transaction.
  public func move(
    _ ids: [ItemID], in queue: QueueName, by move: Move, now: Timestamp
  ) throws(StoreError) -> [MoveResult] {
    var results: [MoveResult] = []
    while results.count < ids.count {
      let part = ids[results.count...].prefix(Turn.maximumItems)
      results += try write { session in
        guard let number = try session.queueNumber(of: queue) else {
          return part.map { _ in .missing }
        }
        return try part.map { try session.move($0, in: number, by: move, now: now) }
      }
    }
    return results
  }

  /// Changes what a queue is set to; see ``QueueStore``.
  public func configure(
    _ queue: QueueName, now: Timestamp, _ change: (inout QueueSettings) -> Void
  ) throws(StoreError) {
    try write { session in
      let number = try session.makeQueue(queue)
      try session.update(number) { change(&$0.settings) }
      session.wake(number)
    }
  }
}

extension WriteSession {
  fileprivate mutating func move(
    _ id: ItemID, in queue: UInt32, by move: Move, now: Timestamp
  ) throws -> MoveResult {
    let ids = IDIndex(reading: reading)
    guard
      let key = try withBytes(id.bytes, { try ids.find($0, in: queue, transaction) }),
      let state = try reading.state(of: key, transaction)
    else { return .missing }
    let next: ItemState?
    do {
      next = try Transition.apply(move.event, to: state, policy: RetryPolicy(), now: now)
    } catch {
      return .refused(state.status)
    }
    try change(key, from: state, to: next)
    if next == nil { try erase(id, key) }
    wake(queue)
    return .moved
  }

  /// Removes what is left of an item that is in no status any more.
  private mutating func erase(_ id: ItemID, _ key: ItemKey) throws {
    let ids = IDIndex(reading: reading)
    try withBytes(id.bytes) { try ids.remove($0, key, transaction) }
    try key.withBytes { bytes in
      try transaction.delete(bytes, in: databases.items)
      try transaction.delete(bytes, in: databases.payloads)
      try transaction.delete(bytes, in: databases.outputs)
    }
    try update(key.queue) { $0.counts.removed += 1 }
  }
}
