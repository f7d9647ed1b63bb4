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

  /// A part of a listing; see ``QueueStore``.
  public func items(
    of queue: QueueName, in status: Status, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    try read { transaction, reading in
      guard let number = try reading.queueNumber(of: queue, in: transaction) else {
        return ItemPage(items: [], next: nil)
      }
      let start = after.map { ItemKey(queue: number, rank: $0.rank) }
      var page = ItemPage(items: [], next: nil)
      try reading.walk(status, from: start ?? ItemKey(queue: number, rank: 0), in: transaction) {
        key, state in
        guard key.queue == number else { return false }
        if key == start { return true }
        guard page.items.count < limit else {
          page.next = page.items.last?.key
          return false
        }
        page.items.append(try reading.item(key, state, in: transaction))
        return true
      }
      return page
    }
  }

  /// The item of that id; see ``QueueStore``.
  public func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item? {
    try read { transaction, reading in
      let ids = IDIndex(reading: reading)
      guard let number = try reading.queueNumber(of: queue, in: transaction),
        let key = try withBytes(id.bytes, { try ids.find($0, in: number, transaction) }),
        let state = try reading.state(of: key, transaction)
      else { return nil }
      return try reading.item(key, state, in: transaction)
    }
  }

  /// Tells when something changes that may let a worker of this queue go on. The queue is made if
  /// there is none.
  public func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch {
    let number = try write { try $0.makeQueue(queue) }
    return WakeWatch(directory.wake(number))
  }
}

extension StoreReading {
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
    let record = try self.queue(queue, in: transaction)
    return QueueSummary(
      name: record.name, counts: record.counts, settings: record.settings,
      nextDue: try nextDue(of: queue, in: transaction))
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
