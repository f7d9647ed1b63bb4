import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Makes a queue as it was elsewhere; see ``TransferableStore``.
  public func restore(_ queue: StoredQueue) throws(StoreError) -> Bool {
    try write { session in
      if try session.queueNumber(of: queue.name) != nil { return false }
      let number = try session.makeQueue(queue.name)
      try session.update(number) { record in
        (record.settings, record.nextEnd) = (queue.settings, queue.nextEnd)
        record.restoredEnd = queue.nextEnd
        record.hasSpending = !queue.spent.isEmpty
      }
      for (unit, amount) in queue.spent {
        var budget = BudgetRecord()
        (budget.spending.spent, budget.gone) = (amount, amount)
        session.replace(budget, for: BudgetKey(queue: number, unit: unit))
      }
      for (reader, end) in queue.readers { try session.put(end, readBy: reader, of: number) }
      session.wake(number)
      return true
    }
  }

  /// Notes what feeds a queue; see ``TransferableStore``.
  public func connect(_ feeders: [QueueName], to queue: QueueName) throws(StoreError) {
    try write { session in
      guard let to = try session.queueNumber(of: queue) else { return }
      for feeder in feeders {
        guard let from = try session.queueNumber(of: feeder) else { continue }
        try session.note(Feed(from: from, to: to))
      }
    }
  }

  /// Puts items into a queue; see ``TransferableStore``.
  public func restore(
    _ items: [StoredItem], in queue: QueueName, onConflict conflict: Conflict, nextEnd: UInt64
  ) throws(StoreError) -> [Restored] {
    try write { session in
      let number = try session.makeQueue(queue)
      // Otherwise ends were numbered here since, or always were.
      let record = try session.queue(number)
      let keepsEnds = record.nextEnd == nextEnd && record.restoredEnd == nextEnd
      session.countsHistory = false
      var moves = MoveBatch()
      var answers: [Restored] = []
      for item in items {
        let answer = try session.makeRoom(for: item.item.id, in: number, conflict, &moves)
        answers.append(answer)
        guard answer == .added || answer == .replaced else { continue }
        var move = try session.enter(item, into: queue)
        if keepsEnds { move.end = try session.freeEnd(item.end, of: number) }
        if !moves.takes(move.key) { try session.apply(&moves) }
        moves.add(move)
      }
      try session.apply(&moves)
      // What comes has ended long ago.
      if try session.queue(number).settings.keep != nil {
        try session.update(number) { $0.trim = Trim() }
      }
      session.wake(number)
      return answers
    }
  }

  /// Has ids be known of pruned items; see ``TransferableStore``.
  public func restore(_ ids: [StoredID], in queue: QueueName) throws(StoreError) -> Int {
    try write { session in
      let number = try session.makeQueue(queue)
      var count: UInt64 = 0
      for stored in ids {
        let index = IDIndex(reading: session.reading)
        let pruned = PrunedID(stored.status, Fingerprint(bytes: stored.fingerprint))
        let known = try withBytes(stored.id.bytes) {
          try index.insert($0, in: number, pruned: pruned, into: session.transaction)
        }
        if known == nil { count += 1 }
      }
      try session.update(number) { $0.pruned += count }
      return Int(count)
    }
  }
}

extension WriteSession {
  /// What becomes of an item that comes under this id.
  fileprivate mutating func makeRoom(
    for id: ItemID, in queue: UInt32, _ conflict: Conflict, _ moves: inout MoveBatch
  ) throws -> Restored {
    let found = try withBytes(id.bytes) {
      try IDIndex(reading: reading).look(for: $0, in: queue)?.known
    }
    switch (found, conflict) {
    case (nil, _): return .added
    case (_, .skip): return .skipped
    case (_, .error): return .refused
    case (.pruned, .replace):
      _ = try forgetPruned(id.bytes, in: queue)
      return .replaced
    case (.item(let key), .replace):
      // It may be one that has just come.
      try apply(&moves)
      guard let state = try reading.state(of: key), state.status != .processing else {
        return .refused
      }
      let event = Event.remove(force: false)
      let change = try Transition.apply(event, to: state, policy: RetryPolicy(), now: now)
      let spent = try reading.spent(by: key)?.spent ?? [:]
      try apply(change, to: key, in: state)
      // The one that comes says what was spent on it.
      try forgetSpending(spent, of: queue)
      return .replaced
    }
  }

  /// Enters an item as one that is pending, or awaits batches; what leads from there to its state.
  fileprivate mutating func enter(_ stored: StoredItem, into queue: QueueName) throws -> ItemMove {
    let item = stored.item
    var batch = ItemBatch()
    batch.append(id: item.id.bytes, payload: stored.payload, group: item.group)
    batch.batch = item.batch
    var until: Timestamp?
    if case .delayed(let delay) = item.state, delay.reason == .awaiting {
      batch.after = item.awaited
      for awaited in item.awaited { _ = try makeBatch(awaited.batch) }
      if delay.until.microseconds > 0 { until = delay.until }
    }
    var entry = BatchEntry(batch, priority: item.key.priority, until: until)
    entry.enqueuedAt = item.enqueuedAt
    repeat {
      _ = try entry.enter(into: queue, &self, stride: 1) { false }
    } while !entry.isComplete
    guard let start = entry.start else { throw StoreError.unsound("an item has no place") }
    let key = ItemKey(queue: start.queue, priority: item.key.priority, sequence: start.sequence)
    guard let before = try reading.state(of: key) else {
      throw StoreError.unsound("an item is in no status")
    }
    let after = item.state.moved(to: before)
    var change = Change(to: after)
    switch after {
    case .done: change.effects.counted = .done
    case .failed: change.effects.counted = .failed
    case .pending, .delayed, .processing: break
    }
    change.effects.output = .replaced
    return ItemMove(
      key: key, before: before, change: change, output: stored.output, spent: item.spent,
      result: stored.result, recipe: item.recipe, collects: stored.end != nil)
  }

  /// The number of an end, unless another has it, or it was never given.
  fileprivate func freeEnd(_ number: UInt64?, of queue: UInt32) throws -> UInt64? {
    guard let number, number > 0, number < (try self.queue(queue).nextEnd) else { return nil }
    let key = EndKey(queue: queue, number: number)
    return try reading.record(of: key) == nil ? number : nil
  }
}

extension ItemState {
  /// This state, of an item that has just been entered into another store: with the group and batch that it has there.
  fileprivate func moved(to new: ItemState) -> ItemState {
    var tally = self.tally
    (tally.group, tally.batch) = (new.tally.group, new.tally.batch)
    switch self {
    case .pending, .processing: return .pending(tally)
    case .delayed(var delay):
      // What it awaits has other numbers there, or has come meanwhile.
      if delay.reason == .awaiting { return new }
      delay.tally = tally
      return .delayed(delay)
    case .done(var ending):
      ending.tally = tally
      return .done(ending)
    case .failed(var ending):
      ending.tally = tally
      return .failed(ending)
    }
  }
}
