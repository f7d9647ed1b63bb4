import OrderedStore
import QueueCore

/// Ends that are numbered, and what their items gave back.
extension WriteSession {
  /// Numbers the ends among moves, where the queue's are, and forgets those of items that go on or away.
  mutating func number(_ moves: [ItemMove], of queue: UInt32) throws {
    let first = try self.queue(queue).nextEnd
    var next = first
    var hasEnded = false
    // By their places: each look at a whole move would copy it.
    for place in moves.indices {
      if next == 0 {
        guard moves[place].collects || moves[place].result != nil else { continue }
        next = 1
      }
      if let after = moves[place].change.after, moves[place].change.isEnd {
        let end = EndRecord(number: next, status: after.status)
        try put(end, of: moves[place].key, after.status == .done ? moves[place].result : nil)
        (next, hasEnded) = (next + 1, true)
      } else if moves[place].change.effects.output == .goes {
        try forgetEnd(of: moves[place].key)
      }
    }
    if next > first { try update(queue) { $0.nextEnd = next } }
    if hasEnded { wake(OrderedQueueStore.endTopic(of: queue)) }
  }

  /// Enters an end and its result.
  mutating func put(_ end: EndRecord, of key: ItemKey, _ result: ItemResult?) throws {
    writer.clear()
    end.write(result, to: &writer)
    try put(key, in: .results)
    try EndKey(queue: key.queue, number: end.number).withBytes { bytes in
      try withUnsafeBytes(of: key.rank.bigEndian) { rank in
        try transaction.put(rank, for: bytes, in: .ends)
      }
    }
  }

  /// Forgets the end of an item, if it has one.
  private func forgetEnd(of key: ItemKey) throws {
    guard let end = try reading.end(of: key) else { return }
    _ = try EndKey(queue: key.queue, number: end.number).withBytes {
      try transaction.delete($0, in: .ends)
    }
    _ = try key.withBytes { try transaction.delete($0, in: .results) }
  }

  /// Forgets who has read a queue that goes.
  func forgetReaders(of queue: UInt32) throws {
    let prefix = ReaderKey.bytes(queue, "")
    var keys: [[UInt8]] = []
    try withBytes(prefix) { start in
      try transaction.scan(.readers, from: start) { key, _ in
        guard key.starts(with: prefix) else { return false }
        keys.append(Array(key))
        return true
      }
    }
    for key in keys { try transaction.delete(key, in: .readers) }
  }
}
