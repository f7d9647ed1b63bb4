public import QueueCore

/// Batches, counted anew each time.
extension MemoryStore {
  struct Batch {
    var name: BatchName
    var isSealed = false
    /// How often it has come to each end.
    var rounds: [BatchEnd: UInt32] = [:]
    /// To which ends it had come after the last change.
    var wasOver: Set<BatchEnd> = []
    /// Fillings that have not ended, and the next one.
    var fills: [UInt32] = []
    var nextFill: UInt32 = 1
  }

  func makeBatch(_ name: BatchName) -> UInt32 {
    if let known = batches.first(where: { $0.value.name == name }) { return known.key }
    defer { nextBatch += 1 }
    batches[nextBatch] = Batch(name: name)
    return nextBatch
  }

  private func states() -> [ItemState] {
    queues.values.flatMap { $0.entries.values.map(\.state) }
  }

  func summary(ofBatch number: UInt32, _ states: [ItemState]? = nil) -> BatchSummary? {
    guard let batch = batches[number] else { return nil }
    var summary = BatchSummary(number: number, name: batch.name, isSealed: batch.isSealed)
    summary.fills = batch.fills.count
    for state in states ?? self.states() {
      if state.tally.batch == number { summary.counts[state.status] += 1 }
      summary.waiting += UInt64(state.awaited.count { $0.batch == number })
    }
    return summary
  }

  func awaited(_ number: UInt32, _ end: BatchEnd) -> Awaited {
    Awaited(batch: number, end: end, round: batches[number]?.rounds[end] ?? 0)
  }

  func unmet(_ after: [Prerequisite]) throws(StoreError) -> [Awaited] {
    var all: [Awaited] = []
    for prerequisite in after {
      guard let summary = try batch(prerequisite.batch) else {
        throw StoreError(.noBatch, "no such batch")
      }
      if !summary.isOver(prerequisite.end) {
        all.append(awaited(summary.number, prerequisite.end))
      }
    }
    return all
  }

  /// What every transaction ends with.
  func finish() {
    endBatches()
    placeGroups()
  }

  /// Notes which batches have come to an end.
  func endBatches() {
    if batches.isEmpty { return }
    let states = states()
    for number in batches.keys {
      guard let summary = summary(ofBatch: number, states) else { continue }
      let over = Set(BatchEnd.allCases.filter { summary.isOver($0) })
      for end in over.subtracting(batches[number]?.wasOver ?? []) {
        let awaited = awaited(number, end)
        if states.contains(where: { $0.awaited.contains(awaited) }) { releases.insert(awaited) }
        batches[number]?.rounds[end, default: 0] += 1
      }
      batches[number]?.wasOver = over
    }
  }

  /// Items of a queue that wait for nothing more go on; how many.
  func releaseAwaiting(_ name: QueueName) -> Int {
    func order(_ awaited: Awaited) -> (UInt32, UInt8, UInt32) {
      (awaited.batch, awaited.end.rawValue, awaited.round)
    }
    var released = 0
    for awaited in releases.sorted(by: { order($0) < order($1) }) {
      let keys = queues[name]?.keys { $0.awaited.contains(awaited) } ?? []
      for key in keys.prefix(Turn.maximumItems - released) {
        apply(.release(awaited), to: key, in: name)
        released += 1
      }
      if !states().contains(where: { $0.awaited.contains(awaited) }) { releases.remove(awaited) }
    }
    return released
  }

  func awaitedBatches(by queue: Queue, _ counts: Counts) -> AwaitedBatches? {
    let all = queue.entries.values.flatMap(\.state.awaited)
    guard counts.awaiting > 0 else { return nil }
    var batches = AwaitedBatches(isOver: all.contains { releases.contains($0) })
    guard counts.pending == 0 else { return batches }
    let states = states()
    let awaited = Set(all.map(\.batch)).sorted().compactMap { summary(ofBatch: $0, states) }
    batches.first = Array(awaited.prefix(AwaitedBatches.maximumNamed))
    let own = name(of: queue.number)
    let areOthersBusy = registered.values.contains { worker in
      guard let name = worker.queue, name != own, let other = queues[name] else { return false }
      var counts = Counts()
      for entry in other.entries.values { counts.add(entry.state) }
      let held = counts.orphaned + counts.leased + counts.scheduled + counts.awaiting
      let hasReleased = other.entries.values.contains {
        !releases.isDisjoint(with: $0.state.awaited)
      }
      return other.settings.pause != .indefinite && (counts.unfinished > held || hasReleased)
    }
    batches.isWorkedOn = areOthersBusy && awaited.contains { !$0.isOver(.ended) }
    return batches
  }

  // MARK: As others see them

  public func open(
    _ batch: BatchName, hold: (BatchFill) throws(StoreError) -> Bool
  ) throws(StoreError) -> BatchFill {
    let number = try self.batch(batch)?.number ?? nextBatch
    let known = batches[number]?.fills ?? []
    let new = batches[number]?.nextFill ?? 1
    for fill in known + [new] where try hold(BatchFill(batch: number, number: fill)) {
      revision += 1
      let number = makeBatch(batch)
      batches[number]?.isSealed = false
      if !known.contains(fill) {
        batches[number]?.fills.append(fill)
        batches[number]?.nextFill += 1
      }
      endBatches()
      return BatchFill(batch: number, number: fill)
    }
    throw StoreError(.unusable, "somebody holds a new filling")
  }

  public func end(_ fill: BatchFill, seals: Bool) throws(StoreError) -> BatchSummary? {
    guard batches[fill.batch] != nil else { return nil }
    revision += 1
    batches[fill.batch]?.fills.removeAll { $0 == fill.number }
    if seals, batches[fill.batch]?.fills.isEmpty ?? false { batches[fill.batch]?.isSealed = true }
    endBatches()
    return summary(ofBatch: fill.batch)
  }

  public func seal(
    _ batch: BatchName, isAlive: (BatchFill) -> Bool
  ) throws(StoreError) -> BatchSummary? {
    guard let number = try self.batch(batch)?.number else { return nil }
    revision += 1
    batches[number]?.fills.removeAll { !isAlive(BatchFill(batch: number, number: $0)) }
    if batches[number]?.fills.isEmpty ?? false { batches[number]?.isSealed = true }
    endBatches()
    return try self.batch(batch)
  }

  public func remove(_ batch: BatchName) throws(StoreError) -> Bool {
    guard let summary = try self.batch(batch) else { return true }
    guard summary.counts.total == 0, summary.waiting == 0 else { return false }
    revision += 1
    batches[summary.number] = nil
    return true
  }

  public func batches(after: UInt32?, limit: Int) throws(StoreError) -> [BatchSummary] {
    batches.keys.sorted().filter { number in after.map { number > $0 } ?? true }
      .prefix(limit).compactMap { summary(ofBatch: $0, states()) }
  }

  public func batch(_ batch: BatchName) throws(StoreError) -> BatchSummary? {
    batches.first { $0.value.name == batch }.flatMap { summary(ofBatch: $0.key) }
  }

  public func watchBatches() throws(StoreError) -> any QueueWatch { NoWatch() }
}
