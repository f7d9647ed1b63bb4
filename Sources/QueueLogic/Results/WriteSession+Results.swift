import OrderedStore
import QueueCore

/// Ends that are numbered, and what their items gave back.
extension WriteSession {
  /// Numbers the ends among moves, where the queue's are, and forgets those of items that go on or away.
  mutating func number(_ moves: [ItemMove], of queue: UInt32) throws {
    let first = try self.queue(queue).nextEnd
    var next = first
    // Most queues are the last that collects: what is appended fills its pages.
    var appends: Bool?
    // By their places: each look at a whole move would copy it.
    for place in moves.indices {
      if next == 0 {
        guard moves[place].collects || moves[place].result != nil else { continue }
        next = 1
      }
      if let after = moves[place].change.after, moves[place].change.isEnd {
        let key = EndKey(queue: queue, number: moves[place].end ?? next)
        let isLast = try moves[place].end == nil && (appends ?? isBeyondAll(key))
        appends = isLast
        let result = after.status == .done ? moves[place].result : nil
        let end = EndRecord(
          rank: moves[place].key.rank, status: after.status, form: result?.form)
        try put(end, result?.bytes ?? [], at: key, append: isLast)
        if moves[place].end == nil { next += 1 }
      } else if moves[place].change.effects.output == .goes {
        try forgetEnd(of: moves[place].key)
      }
    }
    if next > first { try update(queue) { $0.nextEnd = next } }
    if appends != nil { wake(OrderedQueueStore.endTopic(of: queue)) }
  }

  private func isBeyondAll(_ key: EndKey) throws -> Bool {
    try key.withBytes { try transaction.first(in: .results, from: $0) { _, _ in } == nil }
  }

  /// Enters an end with its result.
  private mutating func put(
    _ end: EndRecord, _ result: [UInt8], at key: EndKey, append: Bool
  ) throws {
    writer.clear()
    end.write(to: &writer)
    writer.put(raw: result)
    try key.withBytes { bytes in
      try writer.bytes.withUnsafeBytes {
        try transaction.put($0, for: bytes, in: .results, append ? .last : .none)
      }
    }
    try enter(key, of: end.rank)
  }

  /// Has an item lead to its end.
  func enter(_ end: EndKey, of rank: UInt64) throws {
    try ItemKey(queue: end.queue, rank: rank).withBytes { key in
      try withUnsafeBytes(of: end.number.bigEndian) {
        try transaction.put($0, for: key, in: .ends)
      }
    }
  }

  /// Enters up to where a reader has read.
  func put(_ end: UInt64, readBy reader: ReaderName, of queue: UInt32) throws {
    try withUnsafeBytes(of: end.bigEndian) { value in
      try withBytes(ReaderKey.bytes(queue, reader.text)) { key in
        try transaction.put(value, for: key, in: .readers)
      }
    }
  }

  /// Forgets the end of an item, if it has one.
  private func forgetEnd(of key: ItemKey) throws {
    guard let end = try reading.end(of: key) else { return }
    _ = try end.withBytes { try transaction.delete($0, in: .results) }
    _ = try key.withBytes { try transaction.delete($0, in: .ends) }
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
