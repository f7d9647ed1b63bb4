import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Makes a batch, or opens it again; see ``QueueStore``.
  public func open(
    _ batch: BatchName, hold: (UInt32) throws(StoreError) -> Void
  ) throws(StoreError) {
    try write { session in
      let number = try session.makeBatch(batch)
      try hold(number)
      try session.update(batch: number) { $0.isSealed = false }
    }
  }

  /// Seals a batch; see ``QueueStore``.
  public func seal(
    _ batch: BatchName, isFilled: (UInt32) -> Bool
  ) throws(StoreError) -> BatchSummary? {
    try write { session in
      guard let number = try session.reading.batchNumber(of: batch) else { return nil }
      if !isFilled(number) { try session.update(batch: number) { $0.isSealed = true } }
      return try session.batch(number)?.summary(named: batch)
    }
  }

  /// Forgets a batch; see ``QueueStore``.
  public func remove(_ batch: BatchName) throws(StoreError) -> Bool {
    try write { session in
      guard let number = try session.reading.batchNumber(of: batch),
        let record = try session.batch(number)
      else { return true }
      guard record.isSealed, record.counts.total == 0, record.waiting == 0 else { return false }
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
