import OrderedStore
import QueueCore

/// What can be read of batches.
extension StoreReading {
  /// A batch; nil when there is none of that number.
  func batch(_ number: UInt32) throws -> BatchRecord? {
    try withUnsafeBytes(of: number.bigEndian) { key in
      guard let value = try transaction.value(for: key, in: .batches) else { return nil }
      var reader = RecordReader(value)
      return try BatchRecord(number, from: &reader)
    }
  }

  /// The number of a batch; nil when there is none of that name.
  func batchNumber(of name: BatchName) throws -> UInt32? {
    guard has(.batchNames) else { return nil }
    return try withBytes(BatchKey.entry(of: name)) { key in
      guard let value = try transaction.value(for: key, in: .batchNames) else { return nil }
      var reader = RecordReader(value)
      return try reader.uint32()
    }
  }

  /// The name of a batch.
  func batchName(_ number: UInt32) throws -> BatchName {
    guard let name = try transaction.bytes(for: BatchKey.entry(of: number), in: .batchNames) else {
      throw StoreError.unsound("batch \(number) has no name")
    }
    return BatchName(unchecked: name)
  }

  /// Visits the batches from a number on, in the order of their numbers until `visit` says false.
  func walkBatches(from number: UInt32 = 0, _ visit: (BatchRecord) throws -> Bool) throws {
    guard has(.batches) else { return }
    try withUnsafeBytes(of: number.bigEndian) { bytes in
      try transaction.scan(.batches, from: bytes) { bytes, value in
        var key = RecordReader(bytes)
        var reader = RecordReader(value)
        return try visit(try BatchRecord(try key.uint32(), from: &reader))
      }
    }
  }

  /// The ends of batches that items may still have to be told of, in the order of their keys.
  func releases() throws -> [Release] {
    guard has(.awaiting) else { return [] }
    var releases: [Release] = []
    try withBytes(Format.releases) { start in
      try transaction.scan(.meta, from: start) { key, _ in
        guard key.starts(with: Format.releases) else { return false }
        guard let release = Release(key: Array(key)) else {
          throw StoreError.unsound("an end of a batch means nothing")
        }
        releases.append(release)
        return true
      }
    }
    return releases
  }

  /// The first entry of `awaiting` at a key or after it, of its queue.
  private func firstAwaiting(from start: AwaitingKey) throws -> AwaitingKey? {
    let found = try start.withBytes { bytes in
      try transaction.first(in: .awaiting, from: bytes) { key, _ in try AwaitingKey(bytes: key) }
    }
    return found?.queue == start.queue ? found : nil
  }

  /// Whether an item of a queue awaits this.
  func isAwaited(_ awaited: Awaited, in queue: UInt32) throws -> Bool {
    try firstAwaiting(from: AwaitingKey(queue: queue, awaited))?.awaited == awaited
  }

  /// At most `limit` items of a queue that await this, in the order of their keys.
  func awaiting(_ awaited: Awaited, in queue: UInt32, limit: Int) throws -> [ItemKey] {
    var keys: [ItemKey] = []
    try AwaitingKey(queue: queue, awaited).withBytes { bytes in
      try transaction.scan(.awaiting, from: bytes) { key, _ in
        let entry = try AwaitingKey(bytes: key)
        guard entry.queue == queue, entry.awaited == awaited, keys.count < limit else {
          return false
        }
        keys.append(entry.key)
        return true
      }
    }
    return keys
  }

  /// Visits what items of a queue await, each once, in the order of the batches' numbers until `visit` says
  /// false.
  func walkAwaited(by queue: UInt32, _ visit: (Awaited) throws -> Bool) throws {
    var start = AwaitingKey(queue: queue, Awaited(batch: 0, end: .complete, round: 0))
    while let found = try firstAwaiting(from: start), try visit(found.awaited) {
      // No item has the last rank.
      start = AwaitingKey(queue: queue, found.awaited, rank: .max)
    }
  }

  /// Whether items of a queue wait for nothing more, and become pending with its next turn.
  private func hasReleased(_ queue: QueueRecord) throws -> Bool {
    guard queue.counts.awaiting > 0 else { return false }
    return try releases().contains { try isAwaited($0.awaited, in: queue.number) }
  }

  /// Whether a worker of another queue is registered that has something to do; `record` reads a queue's record.
  private func areOthersBusy(
    beside queue: QueueRecord, _ record: (UInt32) throws -> QueueRecord
  ) throws -> Bool {
    let names = Set(try readableWorkers().compactMap(\.queue)).subtracting([queue.name])
    return try names.contains { name in
      guard let number = try queueNumber(of: name) else { return false }
      let other = try record(number)
      if other.settings.pause == .indefinite { return false }
      return try other.counts.moving > 0 || hasReleased(other)
    }
  }

  /// What a queue's items await; `batch` and `record` read a batch's record, and a queue's.
  func awaited(
    by queue: QueueRecord, _ batch: (UInt32) throws -> BatchRecord?,
    _ record: (UInt32) throws -> QueueRecord
  ) throws -> AwaitedBatches? {
    let counts = queue.counts
    guard counts.awaiting > 0, has(.awaiting) else { return nil }
    var awaited = AwaitedBatches(isOver: try hasReleased(queue))
    guard counts.pending == 0 else { return awaited }
    let areOthersBusy = try areOthersBusy(beside: queue, record)
    try walkAwaited(by: queue.number) { one in
      guard let record = try batch(one.batch) else {
        throw StoreError.unsound("an item awaits batch \(one.batch), which is not there")
      }
      if awaited.first.count < AwaitedBatches.maximumNamed, awaited.first.last?.number != one.batch
      {
        awaited.first.append(record.summary(named: try batchName(one.batch)))
      }
      if areOthersBusy, !record.isOver(.ended) { awaited.isWorkedOn = true }
      return areOthersBusy && !awaited.isWorkedOn
        || awaited.first.count < AwaitedBatches.maximumNamed
    }
    return awaited
  }
}
