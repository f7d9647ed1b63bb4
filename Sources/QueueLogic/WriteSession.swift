import OrderedStore
import QueueCore

/// One write transaction, with the small records that it has read and changed.
///
/// Items change only through ``apply(_:to:output:rate:)``, which keeps the counts.
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

  init(
    _ transaction: any OrderedWriting, _ identity: StoreIdentity, now: Timestamp
  ) {
    self.transaction = transaction
    reading = StoreReading(transaction: transaction, identity: identity)
    self.now = now
  }

  /// Writes back what changed, before the commit.
  mutating func flush() throws {
    for record in queues.values { try write(record) }
    for (key, change) in history { try add(change, to: key) }
    if let numbers { try write(numbers) }
  }

  /// Makes the store one of this program's version; false when somebody has done so meanwhile.
  mutating func upgrade() throws -> Bool {
    writer.clear()
    writer.put(Format.version)
    return try withBytes(Format.formatKey) { key in
      if try transaction.bytes(for: Format.formatKey, in: .meta) == writer.bytes {
        return false
      }
      try writer.bytes.withUnsafeBytes { try transaction.put($0, for: key, in: .meta) }
      return true
    }
  }

  mutating func wake(_ queue: UInt32) { wakes.insert(queue) }

  /// Counts what happens in a queue in the minute.
  mutating func count(_ queue: UInt32, _ change: (inout MinuteCounts) -> Void) {
    let minute = MinuteCounts.minute(of: now)
    let key = HistoryKey(queue: queue, minute: minute)
    change(&history[key, default: MinuteCounts(minute: minute)])
  }

  // MARK: Items

  /// Does to an item what a change says. `output` is what the run left that ended, `rate` that by
  /// which it was claimed if not the queue's own.
  mutating func apply(
    _ change: Change, to key: ItemKey, output: KeptOutput? = nil, rate: Rate? = nil
  ) throws {
    if case .claimers(let until) = change.wake { try wakeClaimers(of: key.queue, until: until) }
    try move(key, from: change.before, to: change.after)
    try update(key.queue) { $0.counts.apply(change) }
    switch change.wake {
    case .waiters: if try queue(key.queue).counts.processing == 0 { wake(key.queue) }
    case .all: wake(key.queue)
    case .claimers, .nobody: break
    }
    if let counted = change.counted {
      let now = now
      count(key.queue) { $0.count(counted, at: now) }
    }
    if change.givesStartBack { try giveStartBack(key.queue, rate) }
    if change.after == nil { return try erase(key, change.revoked) }
    switch change.output {
    case .stays: break
    case .replaced: try keep(output, of: key, hadSome: change.before?.tally != Tally())
    case .goes: _ = try key.withBytes { try transaction.delete($0, in: .outputs) }
    }
  }

  private mutating func move(_ key: ItemKey, from old: ItemState?, to new: ItemState?) throws {
    if let old {
      if old.status != new?.status { try delete(key, old.status) }
      if case .delayed(let delay) = old { try deleteDue(key, delay.until) }
    }
    guard let new else { return }
    writer.clear()
    StateRecord.write(new, to: &writer)
    try put(key, in: new.status.table)
    if case .delayed(let delay) = new { try putDue(key, delay.until) }
  }

  /// Wakes whoever waits if one more item changes what they wait for: nothing was pending, or what is
  /// may be held back; or nothing was due so early.
  mutating func wakeClaimers(of queue: UInt32, until: Timestamp?) throws {
    if let until {
      if let due = try reading.nextDue(of: queue), due <= until { return }
    } else if try self.queue(queue).counts.pending > 0, try revoked(of: queue).isEmpty {
      return
    }
    wake(queue)
  }

  /// A claim that was not started is none that the rate counts.
  private mutating func giveStartBack(_ queue: UInt32, _ rate: Rate?) throws {
    guard let next = try self.queue(queue).nextStart,
      let rate = try rate ?? self.queue(queue).settings.rate
    else { return }
    try update(queue) { $0.nextStart = rate.advanced(next, by: -1) }
  }

  /// Keeps what a run wrote in place of what an earlier one did, if there was one: each that may
  /// leave output has left its mark in the tally, and a retry takes both away.
  private mutating func keep(_ output: KeptOutput?, of key: ItemKey, hadSome: Bool) throws {
    if let output {
      writer.clear()
      writer.put(counted: output.output)
      writer.put(raw: output.error)
      try put(key, in: .outputs)
    } else if hadSome {
      _ = try key.withBytes { try transaction.delete($0, in: .outputs) }
    }
  }

  /// Removes what is left of an item that is in no status any more, and remembers its run.
  private mutating func erase(_ key: ItemKey, _ revoked: Hold?) throws {
    guard let item = try reading.record(of: key, withPayload: false) else {
      throw StoreError.unsound("an item that is removed has no record")
    }
    if let revoked { try revoke(revoked, of: key, item.record.id) }
    try withBytes(item.record.id) {
      try IDIndex(reading: reading).remove($0, key, from: transaction)
    }
    try key.withBytes { bytes in
      try transaction.delete(bytes, in: .items)
      try transaction.delete(bytes, in: .payloads)
      try transaction.delete(bytes, in: .outputs)
    }
  }

  /// Puts what the writer holds under an item's key.
  func put(_ key: ItemKey, in table: Table, append: Bool = false) throws {
    try key.withBytes { bytes in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: bytes, in: table, append: append)
      }
    }
  }

  /// Whether a key sorts after every key of a sub-database.
  func isBeyondAll(_ key: ItemKey, in table: Table) throws -> Bool {
    try key.withBytes { bytes in
      try transaction.first(in: table, from: bytes) { _, _ in } == nil
    }
  }

  func delete(_ key: ItemKey, _ status: Status) throws {
    let found = try key.withBytes { try transaction.delete($0, in: status.table) }
    if !found { throw StoreError.unsound("an item is not where its status says") }
  }

  func putDue(_ key: ItemKey, _ until: Timestamp) throws {
    try DueKey(queue: key.queue, until: until, rank: key.rank).withBytes { bytes in
      try transaction.put(noBytes, for: bytes, in: .due)
    }
  }

  private func deleteDue(_ key: ItemKey, _ until: Timestamp) throws {
    _ = try DueKey(queue: key.queue, until: until, rank: key.rank).withBytes { bytes in
      try transaction.delete(bytes, in: .due)
    }
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
        queue: try reader.uint64(), worker: try reader.uint64(), token: try reader.uint64())
      guard max(numbers.queue, numbers.token) < Format.numbersEnd,
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
    try withBytes(Format.numbersKey) { key in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: key, in: .meta)
      }
    }
  }
}
