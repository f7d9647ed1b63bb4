import OrderedStore
import QueueCore

/// Batches: what each counts, and who goes on at its end.
extension WriteSession {
  // MARK: Making

  /// The number of a batch, which is made if there is none of that name.
  mutating func makeBatch(_ name: BatchName) throws -> UInt32 {
    if let number = try reading.batchNumber(of: name) { return number }
    let next = try updateNumbers { numbers in
      defer { numbers.batch += 1 }
      return numbers.batch
    }
    guard let number = UInt32(exactly: next), number < Format.batchesEnd else {
      throw StoreError(.limit, "the store has had too many batches: make another store")
    }
    batches.entries[number] = BatchCache.Entry(BatchRecord(number))
    try enter(number, as: name)
    return number
  }

  /// Gives a batch its name.
  func enter(_ number: UInt32, as name: BatchName) throws {
    try transaction.put(name.bytes, for: BatchKey.entry(of: number), in: .batchNames)
    try withBytes(BatchKey.entry(of: name)) { bytes in
      try withUnsafeBytes(of: number.bigEndian) {
        try transaction.put($0, for: bytes, in: .batchNames)
      }
    }
  }

  /// Forgets a batch that has no items, and that nothing awaits.
  mutating func forgetBatch(_ number: UInt32, _ name: BatchName) throws {
    batches.entries[number]?.isGone = true
    _ = try withUnsafeBytes(of: number.bigEndian) { try transaction.delete($0, in: .batches) }
    try transaction.delete(BatchKey.entry(of: number), in: .batchNames)
    try transaction.delete(BatchKey.entry(of: name), in: .batchNames)
    for release in try reading.releases() where release.awaited.batch == number {
      try transaction.delete(release.key, in: .meta)
    }
  }

  // MARK: Changing

  /// A batch as it is in this transaction; nil when there is none of that number.
  func batch(_ number: UInt32) throws -> BatchRecord? {
    if let entry = batches.entries[number] { return entry.isGone ? nil : entry.record }
    return try reading.batch(number)
  }

  mutating func update(
    batch number: UInt32, _ change: (inout BatchRecord) -> Void
  ) throws {
    if batches.entries[number] == nil {
      guard let record = try reading.batch(number) else {
        throw StoreError.unsound("batch \(number) is not there")
      }
      batches.entries[number] = BatchCache.Entry(record)
    }
    guard let place = batches.entries.index(forKey: number) else { return }
    change(&batches.entries.values[place].record)
  }

  /// Puts a record in the place of a batch's, whatever that is.
  mutating func replace(_ record: BatchRecord) {
    batches.entries[record.number] = BatchCache.Entry(record)
  }

  /// Counts what happens to items with their batches, alike ones that follow one another at once.
  mutating func countBatches(_ moves: [ItemMove]) throws {
    var (number, times) = (0 as UInt32, 0 as UInt64)
    var (before, after) = (nil as Status?, nil as Status?)
    for place in moves.indices where moves[place].before.tally.batch != 0 {
      let batch = moves[place].before.tally.batch
      let from = moves[place].before.status
      let to = moves[place].change.after?.status
      if batch != number || from != before || to != after {
        if times > 0 { try update(batch: number) { $0.move(before, to: after, times: times) } }
        (number, times, before, after) = (batch, 0, from, to)
      }
      times += 1
    }
    if times > 0 { try update(batch: number) { $0.move(before, to: after, times: times) } }
  }

  // MARK: Awaiting

  /// What items await that are enqueued now: what has come already they need not wait for.
  mutating func unmet(_ after: [Prerequisite]) throws -> [Awaited] {
    try after.compactMap { prerequisite in
      guard let number = try reading.batchNumber(of: prerequisite.batch),
        let record = try batch(number)
      else { throw StoreError.noBatch(prerequisite.batch) }
      return record.isOver(prerequisite.end) ? nil : record.awaited(prerequisite.end)
    }
  }

  /// Enters an item with what it awaits; counting that is for whoever enters many.
  func putAwaiting(_ key: ItemKey, _ awaited: [Awaited]) throws {
    for awaited in awaited {
      try AwaitingKey(key, awaited).withBytes {
        try transaction.put(noBytes, for: $0, in: .awaiting)
      }
    }
  }

  /// Notes what an item awaits from now on.
  mutating func enter(_ key: ItemKey, awaiting awaited: [Awaited]) throws {
    try putAwaiting(key, awaited)
    for awaited in awaited { try update(batch: awaited.batch) { $0.waiting += 1 } }
  }

  /// Forgets what an item has awaited.
  mutating func leave(_ key: ItemKey, awaiting awaited: [Awaited]) throws {
    for awaited in awaited {
      let found = try AwaitingKey(key, awaited).withBytes {
        try transaction.delete($0, in: .awaiting)
      }
      guard found else { throw StoreError.unsound("an item awaits a batch without an entry") }
      try update(batch: awaited.batch) { $0.waiting -= min(1, $0.waiting) }
    }
  }

  // MARK: Ends

  /// Notes which batches have come to an end since the last look, and wakes whoever waited for that. Not while
  /// something is half done: what an item emits belongs to its end.
  mutating func endBatches() throws {
    for number in batches.entries.keys.sorted() {
      guard let entry = batches.entries[number], !entry.isGone else { continue }
      var record = entry.record
      for end in BatchEnd.allCases where record.isOver(end) && !entry.wasOver[Int(end.rawValue)] {
        try release(record.awaited(end), waiting: record.waiting)
        record.rounds[Int(end.rawValue)] &+= 1
        // Whoever watches batches.
        wake(0)
      }
      batches.entries[number]?.record = record
      batches.entries[number]?.wasOver = BatchEnd.allCases.map { record.isOver($0) }
    }
  }

  /// Lets those go on in the next turns of their queues who await this.
  private mutating func release(_ awaited: Awaited, waiting: UInt64) throws {
    guard waiting > 0 else { return }
    var isAwaited = false
    for queue in try reading.queueNumbers() where try reading.isAwaited(awaited, in: queue) {
      isAwaited = true
      wake(queue)
    }
    if isAwaited { try transaction.put([], for: Release(awaited).key, in: .meta) }
  }

  /// Makes items of a queue pending whose batches have come to their ends, at most as many as a transaction does;
  /// how many there were.
  mutating func releaseAwaiting(_ queue: UInt32) throws -> Int {
    guard try self.queue(queue).counts.awaiting > 0 else { return 0 }
    var released = 0
    for release in try reading.releases() where released < Turn.maximumItems {
      let limit = Turn.maximumItems - released
      let keys = try reading.awaiting(release.awaited, in: queue, limit: limit)
      if !keys.isEmpty { try reading.prefetch(keys, in: [.delayed]) }
      var moves = MoveBatch()
      for key in keys {
        guard let state = try reading.state(of: key, in: .delayed),
          let change = try? Transition.apply(
            .release(release.awaited), to: state, policy: RetryPolicy(), now: now)
        else { throw StoreError.unsound("an item awaits a batch, but does not say so") }
        moves.add(ItemMove(key: key, before: state, change: change))
      }
      try apply(&moves)
      released += keys.count
      try forgetIfHeard(release)
    }
    return released
  }

  /// Forgets an end of a batch once nobody awaits it any more.
  private func forgetIfHeard(_ release: Release) throws {
    for queue in try reading.queueNumbers()
    where try reading.isAwaited(release.awaited, in: queue) { return }
    try transaction.delete(release.key, in: .meta)
  }

  // MARK: Writing

  /// Writes the batches that changed, before the commit.
  mutating func writeBatches() throws {
    for (number, entry) in batches.entries where !entry.isGone {
      writer.clear()
      entry.record.write(to: &writer)
      try withUnsafeBytes(of: number.bigEndian) { key in
        try writer.bytes.withUnsafeBytes { try transaction.put($0, for: key, in: .batches) }
      }
    }
  }
}
