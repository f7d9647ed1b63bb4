import OrderedStore
import QueueCore

/// What happens to an item in this transaction.
struct ItemMove {
  var key: ItemKey
  var before: ItemState
  var change: Change
}

/// What happens to items.
extension WriteSession {
  /// Does to an item what a change says; `before` is its state. `output` is what the run left that
  /// ended, `rate` that by which it was claimed if not the queue's own.
  mutating func apply(
    _ change: Change, to key: ItemKey, in before: ItemState, output: KeptOutput? = nil,
    rate: Rate? = nil
  ) throws {
    let effects = change.effects
    if case .claimers(let until) = effects.wake { try wakeClaimers(of: key.queue, until: until) }
    if let after = change.after {
      try move(key, from: before, to: after)
    } else {
      try erase(key, before, revokes: effects.revokes)
    }
    switch effects.wake {
    case .waiters:
      let counts = try queue(key.queue).counts
      if counts.processing == 0 { wake(key.queue) }
      if counts.unfinished == 0 { try wakeFed(by: key.queue) }
    case .all:
      wake(key.queue)
      if try queue(key.queue).counts.unfinished == 0 { try wakeFed(by: key.queue) }
    case .claimers, .nobody: break
    }
    if let counted = effects.counted {
      let now = now
      count(key.queue) { $0.count(counted, at: now) }
    }
    if effects.givesStartBack { try giveStartBack(key.queue, rate) }
    switch effects.output {
    case .stays: break
    case .replaced: try keep(output, of: key, hadSome: before.tally != Tally())
    case .goes: _ = try key.withBytes { try transaction.delete($0, in: .outputs) }
    }
  }

  /// Does to many items of a queue what changes say that nothing follows from but the next state; no item
  /// is there twice. From each table the last ones go first: less is moved inside its pages then.
  mutating func apply(_ moves: [ItemMove], of queue: UInt32) throws {
    assert(
      moves.allSatisfy { $0.change == Change(to: $0.change.after) }, "something else follows")
    for move in moves.reversed() { try leave(move.key, move.before) }
    for move in moves {
      if let after = move.change.after { try enter(move.key, after) }
    }
    try update(queue) { record in
      for move in moves {
        record.counts.subtract(move.before)
        if let after = move.change.after { record.counts.add(after) }
      }
    }
  }

  private mutating func move(
    _ key: ItemKey, from old: ItemState, to new: ItemState
  ) throws {
    try leave(key, old, isStill: old.status == new.status)
    try enter(key, new)
    try update(key.queue) { record in
      record.counts.subtract(old)
      record.counts.add(new)
    }
  }

  private mutating func enter(_ key: ItemKey, _ new: ItemState) throws {
    writer.clear()
    StateRecord.write(new, to: &writer)
    try put(key, in: new.status.table)
    switch new {
    case .delayed(let delay): try putDue(key, delay.until)
    case .processing(let hold): try putLease(key, hold)
    case .pending, .done, .failed: break
    }
  }

  private func leave(_ key: ItemKey, _ state: ItemState, isStill: Bool = false) throws {
    if !isStill { try delete(key, state.status) }
    switch state {
    case .delayed(let delay): try deleteDue(key, delay.until)
    case .processing(let hold):
      _ = try LeaseKey(hold)?.withBytes { try transaction.delete($0, in: .leases) }
    case .pending, .done, .failed: break
    }
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

  /// Removes an item and all that is kept of it, and remembers its run if it has one.
  private mutating func erase(
    _ key: ItemKey, _ before: ItemState, revokes: Bool
  ) throws {
    try leave(key, before)
    try update(key.queue) { $0.counts.remove(before) }
    guard let item = try reading.record(of: key, withPayload: false) else {
      throw StoreError.unsound("an item that is removed has no record")
    }
    if revokes, case .processing(let hold) = before, let worker = hold.worker {
      try revoke(hold.token, of: worker, key, item.record.id)
    }
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

  /// Enters what a lease holds; nothing else.
  func putLease(_ key: ItemKey, _ hold: Hold) throws {
    try LeaseKey(hold)?.withBytes { bytes in
      try key.withBytes { try transaction.put($0, for: bytes, in: .leases) }
    }
  }

  private func deleteDue(_ key: ItemKey, _ until: Timestamp) throws {
    _ = try DueKey(queue: key.queue, until: until, rank: key.rank).withBytes { bytes in
      try transaction.delete(bytes, in: .due)
    }
  }
}
