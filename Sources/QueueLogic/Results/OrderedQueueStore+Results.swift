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
      try reading.walkEnds(of: number, from: request.after + 1) { key, record, result in
        bytes += result.count
        found.append(try reading.end(key, record, result, withItem: request.withItems))
        return found.count < request.limit && bytes < request.bytes
      }
      return found
    }
  }

  /// The end of an item; see ``QueueStore``.
  public func end(of id: ItemID, in queue: QueueName) throws(StoreError) -> ItemEnd? {
    try read { reading in
      guard let key = try reading.key(of: id, in: queue), let end = try reading.end(of: key) else {
        return nil
      }
      var found: ItemEnd?
      try reading.walkEnds(of: end.queue, from: end.number) { key, record, result in
        if key == end { found = try reading.end(key, record, result, withItem: true) }
        return false
      }
      guard let found else { throw StoreError.unsound("an item has an end that is not there") }
      return found
    }
  }

  /// Up to where somebody has read; see ``QueueStore``.
  public func lastRead(
    by reader: ReaderName, of queue: UInt32
  ) throws(StoreError) -> UInt64 {
    try read { try $0.readers(of: queue)[reader] ?? 0 }
  }

  /// Notes up to where somebody has read; see ``QueueStore``.
  public func note(
    lastRead end: UInt64, by reader: ReaderName, of queue: UInt32
  ) throws(StoreError) {
    try write { session in
      guard try session.exists(queue) else {
        throw StoreError(.noQueue, "the queue that was read is not there any more")
      }
      let last = try session.reading.readers(of: queue)[reader]
      if let last, last >= end { return }
      try session.put(end, readBy: reader, of: queue)
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
  /// Visits ends in their order, with their results, from a number on, until `visit` says false.
  func walkEnds(
    of queue: UInt32, from number: UInt64,
    _ visit: (EndKey, EndRecord, [UInt8]) throws -> Bool
  ) throws {
    try EndKey(queue: queue, number: number).withBytes { start in
      try transaction.scan(.results, from: start) { bytes, value in
        let key = try EndKey(bytes: bytes)
        guard key.queue == queue else { return false }
        var reader = RecordReader(value)
        let record = try EndRecord(from: &reader)
        return try visit(key, record, try reader.rest())
      }
    }
  }

  /// The end of an item; nil when it has none.
  func end(of key: ItemKey) throws -> EndKey? {
    guard has(.ends) else { return nil }
    return try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .ends) else { return nil }
      var reader = RecordReader(value)
      return EndKey(queue: key.queue, number: try reader.uint64())
    }
  }

  /// What is known of an end, but for its result; nil when it is not there.
  func record(of end: EndKey) throws -> EndRecord? {
    try end.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .results) else { return nil }
      var reader = RecordReader(value)
      return try EndRecord(from: &reader)
    }
  }

  fileprivate func end(
    _ key: EndKey, _ record: EndRecord, _ result: [UInt8], withItem: Bool
  ) throws -> ItemEnd {
    var end = ItemEnd(
      number: key.number, status: record.status,
      result: record.form.map { ItemResult(result, form: $0) })
    guard withItem else { return end }
    let item = ItemKey(queue: key.queue, rank: record.rank)
    guard let state = try state(of: item, in: record.status) else {
      throw StoreError.unsound("an end is of no item")
    }
    end.item = try self.item(item, state)
    return end
  }

  /// Up to which end each reader of a queue has read.
  func readers(of queue: UInt32) throws -> [ReaderName: UInt64] {
    guard has(.readers) else { return [:] }
    let prefix = ReaderKey.bytes(queue, "")
    var readers: [ReaderName: UInt64] = [:]
    try withBytes(prefix) { start in
      try transaction.scan(.readers, from: start) { key, value in
        guard key.starts(with: prefix) else { return false }
        var reader = RecordReader(value)
        let end = try reader.uint64()
        let name = String(decoding: key.dropFirst(prefix.count), as: UTF8.self)
        if let name = ReaderName(name) { readers[name] = end }
        return true
      }
    }
    return readers
  }
}
