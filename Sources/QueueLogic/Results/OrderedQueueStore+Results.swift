import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Ends in their order; see ``QueueStore``.
  public func ends(
    of queue: QueueName, _ request: EndRequest
  ) throws(StoreError) -> [ItemEnd] {
    try read { reading in
      guard reading.has(.ends), request.limit > 0, request.after < Format.numbersEnd,
        let number = try reading.queueNumber(of: queue)
      else { return [] }
      var found: [ItemEnd] = []
      var bytes = 0
      try reading.walkEnds(of: number, from: request.after + 1) { end, key in
        let end = try reading.end(end, of: key, withItem: request.withItems)
        bytes += end.result?.bytes.count ?? 0
        found.append(end)
        return found.count < request.limit && bytes < request.bytes
      }
      return found
    }
  }

  /// The end of an item; see ``QueueStore``.
  public func end(of id: ItemID, in queue: QueueName) throws(StoreError) -> ItemEnd? {
    try read { reading in
      guard let key = try reading.key(of: id, in: queue),
        let record = try reading.end(of: key)
      else { return nil }
      return try reading.end(record.number, of: key, withItem: true)
    }
  }

  /// Up to where somebody has read; see ``QueueStore``.
  public func lastRead(
    by reader: ReaderName, of queue: QueueName
  ) throws(StoreError) -> UInt64 {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return 0 }
      return try reading.lastRead(by: reader, of: number)
    }
  }

  /// Notes up to where somebody has read; see ``QueueStore``.
  public func note(
    lastRead end: UInt64, by reader: ReaderName, of queue: QueueName
  ) throws(StoreError) {
    try write { session in
      guard let number = try session.queueNumber(of: queue) else {
        throw StoreError(.noQueue, "no queue \(queue) any more")
      }
      guard try session.reading.lastRead(by: reader, of: number) < end else { return }
      try withUnsafeBytes(of: end.bigEndian) { value in
        try withBytes(ReaderKey.bytes(number, reader.text)) { key in
          try session.transaction.put(value, for: key, in: .readers)
        }
      }
    }
  }

  /// Tells when items have ended; see ``QueueStore``.
  public func watchEnds(of queue: QueueName) throws(StoreError) -> any QueueWatch {
    engine.watch(Self.endTopic(of: try number(of: queue)))
  }

  /// What is woken when ends of a queue were numbered.
  static func endTopic(of queue: UInt32) -> UInt32 { queue | 1 << 31 }
}

extension StoreReading {
  /// Visits ends in their order, from a number on, until `visit` says false.
  func walkEnds(
    of queue: UInt32, from number: UInt64, _ visit: (UInt64, ItemKey) throws -> Bool
  ) throws {
    try EndKey(queue: queue, number: number).withBytes { start in
      try transaction.scan(.ends, from: start) { bytes, value in
        let end = try EndKey(bytes: bytes)
        guard end.queue == queue else { return false }
        var reader = RecordReader(value)
        return try visit(end.number, ItemKey(queue: queue, rank: try reader.uint64()))
      }
    }
  }

  /// The number and the status of an item's end; nil when it has none.
  func end(of key: ItemKey) throws -> EndRecord? {
    guard has(.results) else { return nil }
    return try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .results) else { return nil }
      var reader = RecordReader(value)
      return try EndRecord.read(&reader).end
    }
  }

  /// An end that is there, with its result.
  fileprivate func end(_ number: UInt64, of key: ItemKey, withItem: Bool) throws -> ItemEnd {
    var end: ItemEnd? = try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .results) else { return nil }
      var reader = RecordReader(value)
      let (record, form) = try EndRecord.read(&reader)
      let bytes = try reader.rest()
      return ItemEnd(
        number: record.number, status: record.status,
        result: form.map { ItemResult(bytes, form: $0) })
    }
    if withItem, let status = end?.status, let state = try state(of: key, in: status) {
      end?.item = try item(key, state)
    }
    guard let end, end.number == number, end.item != nil || !withItem else {
      throw StoreError.unsound("an end is of no item")
    }
    return end
  }

  func lastRead(by reader: ReaderName, of queue: UInt32) throws -> UInt64 {
    guard has(.readers) else { return 0 }
    return try withBytes(ReaderKey.bytes(queue, reader.text)) { key in
      guard let value = try transaction.value(for: key, in: .readers) else { return 0 }
      var reader = RecordReader(value)
      return try reader.uint64()
    }
  }
}
