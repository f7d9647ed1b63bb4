import LMDB
import QueueCore

/// What can be read of a store through a transaction of either kind.
struct StoreReading {
  let databases: Databases
  /// The store's random number, which keys the hashes of long ids. A copy has it too.
  let number: UInt64
  /// What tokens carry: of this store, and of no copy of it, so that the recovery of one never takes
  /// the other's handlers for its own.
  let incarnation: UInt64

  /// `salt`: zero until the store is found to be a copy.
  init(databases: Databases, number: UInt64, salt: UInt64) {
    self.databases = databases
    self.number = number
    incarnation = number ^ salt
  }

  func queueNumber(
    of name: QueueName, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> UInt32? {
    try withBytes(Array(name.text.utf8)) { key in
      guard let value = try transaction.value(for: key, in: databases.names) else { return nil }
      var reader = RecordReader(value)
      return try reader.uint32()
    }
  }

  func queue(
    _ number: UInt32, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> QueueRecord {
    try withUnsafeBytes(of: number.bigEndian) { key in
      guard let value = try transaction.value(for: key, in: databases.queues) else {
        throw RecordReader.unsound("queue \(number) has no record")
      }
      var reader = RecordReader(value)
      return try QueueRecord(number: number, from: &reader)
    }
  }

  func state(
    of key: ItemKey, in status: Status, _ transaction: borrowing some Transaction & ~Copyable
  ) throws -> ItemState? {
    try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: databases[status]) else { return nil }
      var reader = RecordReader(value)
      return try StateRecord.read(status, from: &reader)
    }
  }

  /// The state of an item whose status is not known.
  func state(
    of key: ItemKey, _ transaction: borrowing some Transaction & ~Copyable
  ) throws -> ItemState? {
    for status in Status.allCases {
      if let state = try state(of: key, in: status, transaction) { return state }
    }
    return nil
  }

  func nextDue(
    of queue: UInt32, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> Timestamp? {
    let start = DueKey(queue: queue, until: Timestamp(microseconds: 0), rank: 0)
    return try start.withBytes { bytes in
      try transaction.withCursor(in: databases.due) { cursor throws in
        guard let entry = try cursor.seek(atLeast: bytes) else { return nil }
        let key = try DueKey(bytes: entry.key)
        return key.queue == queue ? key.until : nil
      }
    }
  }

  func workers(in transaction: borrowing some Transaction & ~Copyable) throws -> [WorkerRecord] {
    try transaction.withCursor(in: databases.workers) { cursor throws in
      var workers: [WorkerRecord] = []
      while let entry = try cursor.next() {
        var key = RecordReader(entry.key)
        var value = RecordReader(entry.value)
        workers.append(try WorkerRecord(id: WorkerID(try key.uint64()), from: &value))
      }
      return workers
    }
  }

  /// The workers whose records mean something.
  func readableWorkers(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws -> [WorkerRecord] {
    try transaction.withCursor(in: databases.workers) { cursor throws in
      var workers: [WorkerRecord] = []
      while let entry = try cursor.next() {
        var key = RecordReader(entry.key)
        var value = RecordReader(entry.value)
        guard let number = try? key.uint64(),
          let worker = try? WorkerRecord(id: WorkerID(number), from: &value)
        else { continue }
        workers.append(worker)
      }
      return workers
    }
  }

  /// The tokens of all claims, of one worker if one is named, in the order of the items' keys.
  func claims(
    of worker: WorkerID?, in transaction: borrowing some Transaction & ~Copyable
  ) throws -> [Token] {
    try transaction.withCursor(in: databases.processing) { cursor throws in
      var tokens: [Token] = []
      while let entry = try cursor.next() {
        var reader = RecordReader(entry.value)
        guard case .processing(let hold) = try StateRecord.read(.processing, from: &reader),
          worker == nil || hold.worker == worker
        else { continue }
        tokens.append(
          Token(
            number: hold.token, key: try ItemKey(bytes: entry.key), incarnation: incarnation))
      }
      return tokens
    }
  }
}

/// Lends an array's bytes.
func withBytes<Result>(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  try bytes.withUnsafeBytes(body)
}
