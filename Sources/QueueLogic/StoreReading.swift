import OrderedStore
import QueueCore

/// What can be read of a store through a transaction of either kind.
struct StoreReading {
  let transaction: any OrderedReading
  let identity: StoreIdentity
  /// The store's format.
  let version: UInt32

  /// Whether the store has a table that not every version has.
  func has(_ table: Table) -> Bool { Format.beginning(of: table) <= version }

  func queueNumber(of name: QueueName) throws -> UInt32? {
    try withBytes(Array(name.text.utf8)) { key in
      guard let value = try transaction.value(for: key, in: .names) else { return nil }
      var reader = RecordReader(value)
      return try reader.uint32()
    }
  }

  func queue(_ number: UInt32) throws -> QueueRecord {
    try withUnsafeBytes(of: number.bigEndian) { key in
      guard let value = try transaction.value(for: key, in: .queues) else {
        throw StoreError.unsound("queue \(number) has no record")
      }
      var reader = RecordReader(value)
      return try QueueRecord(number: number, from: &reader)
    }
  }

  func queueNumbers() throws -> [UInt32] {
    var numbers: [UInt32] = []
    try transaction.scan(.queues, from: noBytes) { key, _ in
      var reader = RecordReader(key)
      numbers.append(try reader.uint32())
      return true
    }
    return numbers
  }

  func state(of key: ItemKey, in status: Status) throws -> ItemState? {
    try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: status.table) else { return nil }
      var reader = RecordReader(value)
      return try StateRecord.read(status, from: &reader)
    }
  }

  /// The state of an item whose status is not known.
  func state(of key: ItemKey) throws -> ItemState? {
    for status in Status.allCases {
      if let state = try state(of: key, in: status) { return state }
    }
    return nil
  }

  /// Visits the items of a status in the order of their keys until `visit` says false.
  func walk(
    _ status: Status, from start: ItemKey, _ visit: (ItemKey, ItemState) throws -> Bool
  ) throws {
    try start.withBytes { bytes in
      try transaction.scan(status.table, from: bytes) { key, value in
        var reader = RecordReader(value)
        return try visit(try ItemKey(bytes: key), try StateRecord.read(status, from: &reader))
      }
    }
  }

  /// Delayed items of a queue that have a moment, the soonest first, from the first behind a place and through a moment,
  /// if these are given: at most so many.
  func dueKeys(
    of queue: UInt32, after place: DelayedPlace? = nil, through moment: Timestamp? = nil, limit: Int
  ) throws -> [ItemKey] {
    let start = place ?? DelayedPlace(until: Timestamp(microseconds: 0), rank: 0)
    guard let until = start.until else { return [] }
    var keys: [ItemKey] = []
    try DueKey(queue: queue, until: until, rank: start.rank).withBytes { bytes in
      try transaction.scan(.due, from: bytes) { key, _ in
        let key = try DueKey(bytes: key)
        guard key.queue == queue, keys.count < limit, moment.map({ key.until <= $0 }) ?? true else {
          return false
        }
        if place != DelayedPlace(until: key.until, rank: key.rank) {
          keys.append(ItemKey(queue: queue, rank: key.rank))
        }
        return true
      }
    }
    return keys
  }

  /// The state of an item that is due at some time.
  func dueState(of key: ItemKey) throws -> ItemState {
    guard let state = try state(of: key, in: .delayed) else {
      throw StoreError.unsound("an item is due but not delayed")
    }
    return state
  }

  func nextDue(of queue: UInt32) throws -> Timestamp? {
    let start = DueKey(queue: queue, until: Timestamp(microseconds: 0), rank: 0)
    let first = try start.withBytes { bytes in
      try transaction.first(in: .due, from: bytes) { key, _ in try DueKey(bytes: key) }
    }
    guard let first, first.queue == queue else { return nil }
    return first.until
  }

  func workers() throws -> [WorkerRecord] {
    try workers { record throws in try record() }
  }

  /// The workers whose records mean something.
  func readableWorkers() throws -> [WorkerRecord] { try workers { record in try? record() } }

  private func workers(
    _ reading: (() throws -> WorkerRecord) throws -> WorkerRecord?
  ) throws -> [WorkerRecord] {
    var workers: [WorkerRecord] = []
    try transaction.scan(.workers, from: noBytes) { key, value in
      let worker = try reading {
        var (key, value) = (RecordReader(key), RecordReader(value))
        return try WorkerRecord(id: WorkerID(try key.uint64()), from: &value)
      }
      if let worker { workers.append(worker) }
      return true
    }
    return workers
  }

  /// The tokens of all claims, of one worker if one is named, in the order of the items' keys.
  func claims(of worker: WorkerID?) throws -> [Token] {
    var tokens: [Token] = []
    try walk(.processing, from: ItemKey(queue: 0, rank: 0)) { key, state in
      if case .processing(let hold) = state, worker == nil || hold.worker == worker {
        tokens.append(Token(number: hold.token, key: key, incarnation: identity.incarnation))
      }
      return true
    }
    return tokens
  }
}

/// The key that no entry comes before.
var noBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

/// Lends an array's bytes.
func withBytes<Result>(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  try bytes.withUnsafeBytes(body)
}
