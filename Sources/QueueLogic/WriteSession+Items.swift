import OrderedStore
import QueueCore

/// What happens to items.
extension WriteSession {
  /// Does to an item what a change says; `before` is its state.
  mutating func apply(_ change: Change, to key: ItemKey, in before: ItemState) throws {
    try apply([ItemMove(key: key, before: before, change: change)])
  }

  /// Does what a batch holds, and empties it. `groupsAreCounted`: whoever made it has counted it with its groups.
  mutating func apply(_ batch: inout MoveBatch, groupsAreCounted: Bool = false) throws {
    try apply(batch.moves, groupsAreCounted: groupsAreCounted)
    batch = MoveBatch()
  }

  /// Does to items of one queue what changes say; none is there twice. Each table is gone through in the order
  /// of the keys: the next one lies beside the last.
  ///
  /// By their places: each look at a whole move would copy it.
  private mutating func apply(_ moves: [ItemMove], groupsAreCounted: Bool = false) throws {
    guard let queue = moves.first?.key.queue else { return }
    for place in moves.indices {
      guard case .claimers(let until) = moves[place].change.effects.wake else { continue }
      try wakeClaimers(of: queue, until: until)
    }
    for place in moves.indices {
      let isStill = moves[place].change.after?.status == moves[place].before.status
      try leave(moves[place].key, moves[place].before, isStill: isStill)
    }
    for place in moves.indices {
      if let after = moves[place].change.after {
        let isStill = after.status == moves[place].before.status
        try enter(moves[place].key, after, isStill: isStill)
      } else {
        try erase(moves[place])
      }
    }
    try update(queue) { record in
      for place in moves.indices {
        record.counts.move(moves[place].before, to: moves[place].change.after)
      }
    }
    try countBatches(moves)
    try book(moves, of: queue)
    try number(moves, of: queue)
    try note(recipesOf: moves, of: queue)
    if let grouping = try self.queue(queue).grouping {
      try enterGrouped(moves, in: queue, grouping)
      if !groupsAreCounted { try countGroups(moves, in: queue) }
    }
    for place in moves.indices {
      guard let rest = moves[place].rest, moves[place].before.tally.group == 0 else { continue }
      try update(queue) { $0.settings.rest(until: rest) }
      wake(queue)
    }
    try wake(after: moves, of: queue)
    count(moves, of: queue)
    for place in moves.indices {
      if moves[place].change.effects.givesStartBack {
        try giveStartBack(queue, moves[place].rate)
      }
      switch moves[place].change.effects.output {
      case .stays: break
      case .replaced:
        let hadSome = !moves[place].before.tally.isClear
        try keep(moves[place].output, of: moves[place].key, hadSome: hadSome)
      case .goes:
        _ = try moves[place].key.withBytes { try transaction.delete($0, in: .outputs) }
      }
    }
  }

  private mutating func enter(_ key: ItemKey, _ new: ItemState, isStill: Bool) throws {
    writer.clear()
    StateRecord.write(new, to: &writer)
    try put(key, in: new.status.table, isStill ? .none : .new)
    switch new {
    case .delayed(let delay) where delay.reason == .awaiting:
      try enter(key, awaiting: delay.awaited)
    case .delayed(let delay): try putDue(key, delay.until)
    case .processing(let hold): try putLease(key, hold)
    case .pending, .done, .failed: break
    }
  }

  private mutating func leave(_ key: ItemKey, _ state: ItemState, isStill: Bool) throws {
    if !isStill { try delete(key, state.status) }
    switch state {
    case .delayed(let delay) where delay.reason == .awaiting:
      try leave(key, awaiting: delay.awaited)
    case .delayed(let delay): try deleteDue(key, delay.until)
    case .processing(let hold):
      _ = try LeaseKey(hold)?.withBytes { try transaction.delete($0, in: .leases) }
    case .pending, .done, .failed: break
    }
  }

  /// Wakes whoever waits for what has come to be.
  private mutating func wake(after moves: [ItemMove], of queue: UInt32) throws {
    var (some, all) = (false, false)
    for place in moves.indices {
      switch moves[place].change.effects.wake {
      case .waiters: some = true
      case .all: all = true
      case .claimers, .nobody: break
      }
    }
    guard some || all else { return }
    let counts = try self.queue(queue).counts
    if all || counts.processing == 0 { wake(queue) }
    if counts.unfinished == 0 { try wakeFed(by: queue) }
  }

  /// Counts moves in the minute, alike ones at once.
  private mutating func count(_ moves: [ItemMove], of queue: UInt32) {
    var alike: (counted: Effects.Counted, times: UInt64)?
    for place in moves.indices {
      guard let counted = moves[place].change.effects.counted else { continue }
      if let some = alike, some.counted != counted { count(queue, some.counted, some.times) }
      alike = (counted, alike?.counted == counted ? (alike?.times ?? 0) + 1 : 1)
    }
    if let alike { count(queue, alike.counted, alike.times) }
  }

  private mutating func count(_ queue: UInt32, _ counted: Effects.Counted, _ times: UInt64) {
    let now = now
    count(queue) { $0.count(counted, at: now, times: times) }
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

  /// Removes all that is kept of an item that has left its status, and remembers its run if it has one.
  private mutating func erase(_ move: ItemMove) throws {
    let key = move.key
    let keepsID = move.change.effects.keepsID
    guard let item = try reading.record(of: key, withPayload: keepsID) else {
      throw StoreError.unsound("an item that is removed has no record")
    }
    if move.change.effects.revokes, case .processing(let hold) = move.before,
      let worker = hold.worker
    {
      try revoke(hold, of: worker, key, item.record.id)
    }
    if keepsID {
      let fingerprint = Fingerprint(of: item.payload)
      try forget(item.record.id, of: key, PrunedID(move.before.status, fingerprint))
    } else {
      try withBytes(item.record.id) {
        try IDIndex(reading: reading).remove($0, in: key.queue, of: .item(key), from: transaction)
      }
    }
    try key.withBytes { bytes in
      try transaction.delete(bytes, in: .items)
      try transaction.delete(bytes, in: .payloads)
      try transaction.delete(bytes, in: .outputs)
    }
  }

  /// Puts what the writer holds under an item's key.
  func put(_ key: ItemKey, in table: Table, _ hint: KeyHint = .none) throws {
    try key.withBytes { bytes in
      try writer.bytes.withUnsafeBytes { value in
        try transaction.put(value, for: bytes, in: table, hint)
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
