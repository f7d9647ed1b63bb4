import LMDB
public import QueueCore

extension LMDBStore {
  /// The queue at a glance; see ``QueueStore``.
  public func summary(of queue: QueueName) throws(StoreError) -> QueueSummary? {
    try read { transaction, reading in
      guard let number = try reading.queueNumber(of: queue, in: transaction) else { return nil }
      return try reading.summary(of: number, in: transaction)
    }
  }

  /// All queues at a glance, in the order in which they were made.
  public func summaries() throws(StoreError) -> [QueueSummary] {
    try read { transaction, reading in
      try reading.queueNumbers(in: transaction).map { number in
        try reading.summary(of: number, in: transaction)
      }
    }
  }

  /// What happened in a queue's last minutes; see ``QueueStore``.
  public func history(
    of queue: QueueName, since: Timestamp
  ) throws(StoreError) -> [MinuteCounts] {
    try read { transaction, reading in
      guard let number = try reading.queueNumber(of: queue, in: transaction) else { return [] }
      return try reading.history(
        of: number, from: MinuteCounts.minute(of: since), in: transaction)
    }
  }

  /// A part of a listing; see ``QueueStore``.
  public func items(
    of queue: QueueName, in statuses: Set<Status>, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    try read { transaction, reading in
      guard let number = try reading.queueNumber(of: queue, in: transaction) else {
        return ItemPage(items: [], next: nil)
      }
      let start = ItemKey(queue: number, rank: after?.rank ?? 0)
      // No status can give more to the page than the page takes; one more tells whether it is full.
      var found: [(key: ItemKey, state: ItemState)] = []
      for status in Status.allCases where statuses.contains(status) {
        var count = 0
        try reading.walk(status, from: start, in: transaction) { key, state in
          guard key.queue == number, count <= limit else { return false }
          if key == start && after != nil { return true }
          found.append((key, state))
          count += 1
          return true
        }
      }
      if statuses.count > 1 { found.sort { $0.key < $1.key } }
      let items = try found.prefix(limit).map { key, state in
        try reading.item(key, state, in: transaction)
      }
      return ItemPage(items: items, next: found.count > limit ? items.last?.key : nil)
    }
  }

  /// The item of that id; see ``QueueStore``.
  public func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item? {
    try read { transaction, reading in
      guard let key = try reading.key(of: id, in: queue, transaction),
        let state = try reading.state(of: key, transaction)
      else { return nil }
      return try reading.item(key, state, in: transaction)
    }
  }

  /// The item's payload; see ``QueueStore``.
  public func payload(of id: ItemID, in queue: QueueName) throws(StoreError) -> [UInt8]? {
    try read { transaction, reading in
      guard let key = try reading.key(of: id, in: queue, transaction) else { return nil }
      return try ItemRecord.read(key, reading.databases, withPayload: true, in: transaction)?
        .payload
    }
  }

  /// What is kept of the output of the item's last run; see ``QueueStore``.
  public func output(of id: ItemID, in queue: QueueName) throws(StoreError) -> KeptOutput? {
    try read { transaction, reading in
      guard let key = try reading.key(of: id, in: queue, transaction) else { return nil }
      return try key.withBytes { bytes in
        let outputs = reading.databases.outputs
        guard let value = try transaction.value(for: bytes, in: outputs) else { return nil }
        var reader = RecordReader(value)
        return KeptOutput(output: try reader.counted(), error: try reader.rest())
      }
    }
  }

  /// Tells when something changes that may let a worker of this queue go on. The queue is made if
  /// there is none.
  public func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch {
    let known = try read { try $1.queueNumber(of: queue, in: $0) }
    let number: UInt32
    if let known { number = known } else { number = try write { try $0.makeQueue(queue) } }
    return WakeWatch(number, in: directory)
  }
}

extension QueueSummary {
  init(_ record: QueueRecord, nextDue: Timestamp?, revoked: Int) {
    self.init(
      number: record.number, name: record.name, counts: record.counts, settings: record.settings,
      nextDue: nextDue, nextStart: record.nextStart, revoked: revoked)
  }
}

extension StoreReading {
  /// The key of an item; nil when the queue, or the item, is not there.
  fileprivate func key(
    of id: ItemID, in queue: QueueName, _ transaction: borrowing ReadTransaction
  ) throws -> ItemKey? {
    guard let number = try queueNumber(of: queue, in: transaction) else { return nil }
    return try withBytes(id.bytes) {
      try IDIndex(reading: self).find($0, in: number, transaction)
    }
  }

  func queueNumbers(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws -> [UInt32] {
    try transaction.withCursor(in: databases.queues) { cursor throws in
      var numbers: [UInt32] = []
      while let entry = try cursor.next() {
        var reader = RecordReader(entry.key)
        numbers.append(try reader.uint32())
      }
      return numbers
    }
  }

  func summary(
    of queue: UInt32, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> QueueSummary {
    let due = try nextDue(of: queue, in: transaction)
    let revoked = try revoked(of: queue, in: transaction).count
    return QueueSummary(try self.queue(queue, in: transaction), nextDue: due, revoked: revoked)
  }

  func item(
    _ key: ItemKey, _ state: ItemState, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> Item {
    guard let found = try ItemRecord.read(key, databases, withPayload: false, in: transaction)
    else {
      throw RecordReader.unsound("a key in \(state.status) has no item")
    }
    return Item(
      key: key, id: ItemID(unchecked: found.record.id),
      payloadLength: found.record.payloadLength, enqueuedAt: found.record.enqueuedAt, state: state)
  }

  /// Visits the items of a status in the order of their keys until `visit` says false.
  func walk(
    _ status: Status, from start: ItemKey, in transaction: borrowing some Transaction & ~Copyable,
    _ visit: (ItemKey, ItemState) throws -> Bool
  ) throws {
    try start.withBytes { bytes in
      try transaction.withCursor(in: databases[status]) { cursor throws in
        var entry = try cursor.seek(atLeast: bytes)
        while let found = entry {
          var reader = RecordReader(found.value)
          let state = try StateRecord.read(status, from: &reader)
          guard try visit(try ItemKey(bytes: found.key), state) else { return }
          entry = try cursor.next()
        }
      }
    }
  }
}
