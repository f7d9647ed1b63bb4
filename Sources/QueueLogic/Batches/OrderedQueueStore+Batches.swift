import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Makes a batch, or opens it again; see ``QueueStore``.
  public func open(
    _ batch: BatchName, hold: (BatchFill) throws(StoreError) -> Bool
  ) throws(StoreError) -> BatchFill {
    try write { session in
      let number = try session.makeBatch(batch)
      let record = try session.batch(number) ?? BatchRecord(number)
      try session.update(batch: number) { $0.isSealed = false }
      for left in record.fills {
        let fill = BatchFill(batch: number, number: left)
        if try hold(fill) { return fill }
      }
      let fill = BatchFill(batch: number, number: record.nextFill)
      guard fill.number < Format.fillsEnd else {
        throw StoreError(.limit, "a batch was filled too often: use another batch")
      }
      guard try hold(fill) else {
        throw StoreError(.unusable, "cannot fill a batch: somebody holds a new filling of it")
      }
      try session.update(batch: number) { record in
        record.fills.append(fill.number)
        record.nextFill += 1
      }
      return fill
    }
  }

  /// Ends a filling; see ``QueueStore``.
  public func end(_ fill: BatchFill, seals: Bool) throws(StoreError) -> BatchSummary? {
    try write { session in
      guard try session.batch(fill.batch) != nil else { return nil }
      try session.update(batch: fill.batch) { record in
        record.fills.removeAll { $0 == fill.number }
        if seals, record.fills.isEmpty { record.isSealed = true }
      }
      let name = try session.reading.batchName(fill.batch)
      return try session.batch(fill.batch)?.summary(named: name)
    }
  }

  /// Seals a batch; see ``QueueStore``.
  public func seal(
    _ batch: BatchName, isAlive: (BatchFill) -> Bool
  ) throws(StoreError) -> BatchSummary? {
    try write { session in
      guard let number = try session.reading.batchNumber(of: batch),
        let record = try session.batch(number)
      else { return nil }
      let live = record.fills.filter { isAlive(BatchFill(batch: number, number: $0)) }
      try session.update(batch: number) { record in
        record.fills = live
        if live.isEmpty { record.isSealed = true }
      }
      return try session.batch(number)?.summary(named: batch)
    }
  }

  /// Forgets a batch; see ``QueueStore``.
  public func remove(_ batch: BatchName) throws(StoreError) -> Bool {
    try write { session in
      guard let number = try session.reading.batchNumber(of: batch),
        let record = try session.batch(number)
      else { return true }
      guard record.counts.total == 0, record.waiting == 0 else { return false }
      try session.forgetBatch(number, batch)
      return true
    }
  }

  /// A part of the batches; see ``QueueStore``.
  public func batches(
    after: UInt32?, limit: Int
  ) throws(StoreError) -> [BatchSummary] {
    guard limit > 0, after != .max else { return [] }
    return try read { reading in
      var found: [BatchSummary] = []
      try reading.walkBatches(from: after.map { $0 &+ 1 } ?? 0) { record in
        found.append(record.summary(named: try reading.batchName(record.number)))
        return found.count < limit
      }
      return found
    }
  }

  /// The batch of that name; see ``QueueStore``.
  public func batch(_ batch: BatchName) throws(StoreError) -> BatchSummary? {
    try read { reading in
      guard let number = try reading.batchNumber(of: batch) else { return nil }
      return try reading.batch(number)?.summary(named: batch)
    }
  }

  /// Tells when a batch comes to an end; see ``QueueStore``.
  public func watchBatches() throws(StoreError) -> any QueueWatch { engine.watch(0) }
}

extension StoreError {
  static func noBatch(_ name: BatchName) -> StoreError {
    StoreError(.noBatch, "no such batch: \(VisibleText.escaped(name.bytes))")
  }
}
