import OrderedStore
import QueueCore

/// One write transaction, with the small records that it has read and changed.
///
/// Items change only through ``apply(_:to:in:output:rate:)``, which keeps the counts.
struct WriteSession: ~Copyable {
  let transaction: any OrderedWriting
  let reading: StoreReading
  /// The moment at which all of this happens: since the writer's turn came.
  let now: Timestamp
  var writer = RecordWriter()
  /// Queues whose waiting workers may go on after this commit.
  private(set) var wakes: Set<UInt32> = []
  private var queues: [UInt32: QueueRecord] = [:]
  private var numbers: Numbers?
  private var history: [HistoryKey: MinuteCounts] = [:]
  /// Whether what happens is of this minute; what comes from another store has happened before.
  var countsHistory = true
  var groups = GroupCache()
  var batches = BatchCache()
  var budgets = BudgetCache()

  init(
    _ transaction: any OrderedWriting, _ identity: StoreIdentity, now: Timestamp
  ) {
    self.transaction = transaction
    reading = StoreReading(
      transaction: transaction, identity: identity, version: Format.version)
    self.now = now
  }

  /// Writes back what changed of the small records; see ``finish()``.
  mutating func flush() throws {
    for record in queues.values { try write(record) }
    for (key, change) in history { try add(change, to: key) }
    if let numbers { try write(numbers) }
  }

  /// Makes a store of an older version one of this program's, in this transaction.
  mutating func upgrade(from version: UInt32) throws {
    for table in Table.all where Format.beginning(of: table) > version {
      try transaction.make(table)
    }
    try writeVersion()
  }

  /// Notes that the store is of this program's version.
  mutating func writeVersion() throws {
    writer.clear()
    writer.put(Format.version)
    try transaction.put(writer.bytes, for: Format.formatKey, in: .meta)
  }

  mutating func wake(_ queue: UInt32) { wakes.insert(queue) }

  /// Counts what happens in a queue in the minute.
  mutating func count(_ queue: UInt32, _ change: (inout MinuteCounts) -> Void) {
    guard countsHistory else { return }
    let minute = MinuteCounts.minute(of: now)
    let key = HistoryKey(queue: queue, minute: minute)
    change(&history[key, default: MinuteCounts(minute: minute)])
  }

  // MARK: Queues

  /// The number of a queue; nil when there is none of that name.
  func queueNumber(of name: QueueName) throws -> UInt32? {
    try reading.queueNumber(of: name)
  }

  /// The number of a queue, which is made if there is none of that name.
  mutating func makeQueue(_ name: QueueName) throws -> UInt32 {
    if let number = try queueNumber(of: name) { return number }
    let next = try updateNumbers { numbers in
      defer { numbers.queue += 1 }
      return numbers.queue
    }
    guard let number = UInt32(exactly: next) else {
      throw StoreError(.limit, "too many queues: make another store")
    }
    queues[number] = QueueRecord(number: number, name: name)
    try withBytes(Array(name.text.utf8)) { key in
      try withUnsafeBytes(of: number.bigEndian) { value in
        try transaction.put(value, for: key, in: .names)
      }
    }
    return number
  }

  /// Whether a queue is there.
  func exists(_ queue: UInt32) throws -> Bool {
    try queues[queue] != nil
      || withUnsafeBytes(of: queue.bigEndian) { try transaction.contains($0, in: .queues) }
  }

  func queue(_ number: UInt32) throws -> QueueRecord {
    try queues[number] ?? reading.queue(number)
  }

  mutating func update<Result>(
    _ number: UInt32, _ change: (inout QueueRecord) throws -> Result
  ) throws -> Result {
    if let index = queues.index(forKey: number) { return try change(&queues.values[index]) }
    var record = try reading.queue(number)
    let result = try change(&record)
    queues[number] = record
    return result
  }

  /// Puts a record in the place of a queue's, whatever that is.
  mutating func replace(_ record: QueueRecord) { queues[record.number] = record }

  /// Forgets a queue without items.
  mutating func remove(_ record: QueueRecord) throws {
    queues[record.number] = nil
    try forgetHistory(of: record.number) { _ in true }
    try withBytes(Array(record.name.text.utf8)) { name in
      _ = try transaction.delete(name, in: .names)
    }
    _ = try withUnsafeBytes(of: record.number.bigEndian) { key in
      try transaction.delete(key, in: .queues)
    }
  }

  private mutating func write(_ record: QueueRecord) throws {
    writer.clear()
    record.write(to: &writer)
    try withUnsafeBytes(of: record.number.bigEndian) { key in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: key, in: .queues)
      }
    }
  }

  // MARK: History

  /// Adds to what happened in a minute, once for all that happened in this transaction.
  private mutating func add(_ change: MinuteCounts, to key: HistoryKey) throws {
    let stored: MinuteCounts? = try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .history) else { return nil }
      var reader = RecordReader(value)
      return try HistoryRecord.read(minute: key.minute, from: &reader)
    }
    if stored == nil { try forgetHistory(of: key.queue, through: key.minute) }
    writer.clear()
    HistoryRecord.write((stored ?? MinuteCounts(minute: key.minute)).adding(change), to: &writer)
    try key.withBytes { bytes in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: bytes, in: .history)
      }
    }
  }

  /// Removes the minutes that are a day older than `minute`.
  private func forgetHistory(of queue: UInt32, through minute: UInt32) throws {
    guard minute >= MinuteCounts.kept else { return }
    try forgetHistory(of: queue) { $0 <= minute - MinuteCounts.kept }
  }

  /// Removes a queue's first minutes as long as `isOld` says so.
  private func forgetHistory(of queue: UInt32, while isOld: (UInt32) -> Bool) throws {
    let first = HistoryKey(queue: queue, minute: 0)
    while true {
      let key = try first.withBytes { bytes in
        try transaction.first(in: .history, from: bytes) { key, _ in try HistoryKey(bytes: key) }
      }
      guard let key, key.queue == queue, isOld(key.minute) else { return }
      _ = try key.withBytes { try transaction.delete($0, in: .history) }
    }
  }

  // MARK: Numbers

  /// What is given in order and never twice.
  struct Numbers: Equatable {
    var queue: UInt64 = 1
    var worker: UInt64 = 1
    var token: UInt64 = 1
    var batch: UInt64 = 1
  }

  mutating func updateNumbers<Result>(_ change: (inout Numbers) -> Result) throws -> Result {
    var current = try currentNumbers()
    let result = change(&current)
    numbers = current
    return result
  }

  /// Puts numbers in the place of the store's, whatever those are.
  mutating func replace(_ numbers: Numbers) { self.numbers = numbers }

  func currentNumbers() throws -> Numbers {
    if let numbers { return numbers }
    return try withBytes(Format.numbersKey) { key in
      guard let value = try transaction.value(for: key, in: .meta) else {
        throw StoreError.unsound("the store's numbers are missing")
      }
      var reader = RecordReader(value)
      let numbers = Numbers(
        queue: try reader.uint64(), worker: try reader.uint64(), token: try reader.uint64(),
        batch: reader.isAtEnd ? 1 : try reader.uint64())
      guard max(numbers.queue, numbers.token, numbers.batch) < Format.numbersEnd,
        numbers.worker < Format.workersEnd
      else { throw StoreError.unsound("the store's numbers mean nothing") }
      return numbers
    }
  }

  mutating func write(_ numbers: Numbers) throws {
    writer.clear()
    writer.put(numbers.queue)
    writer.put(numbers.worker)
    writer.put(numbers.token)
    if numbers.batch > 1 { writer.put(numbers.batch) }
    try withBytes(Format.numbersKey) { key in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: key, in: .meta)
      }
    }
  }
}
