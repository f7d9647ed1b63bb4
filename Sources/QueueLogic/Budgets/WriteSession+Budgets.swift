import OrderedStore
import QueueCore

/// Budgets: what runs have spent and reserved is booked where their items move.
extension WriteSession {
  // MARK: Changing

  /// What a queue has spent of a unit, as it is in this transaction.
  func spending(_ key: BudgetKey) throws -> Spending {
    try (budgets.entries[key]?.record ?? reading.budget(key))?.spending ?? Spending()
  }

  private mutating func update(
    _ key: BudgetKey, _ change: (inout BudgetCache.Entry) -> Void
  ) throws {
    if budgets.entries[key] == nil {
      let record = try reading.budget(key) ?? BudgetRecord()
      budgets.entries[key] = BudgetCache.Entry(record: record, before: record)
    }
    guard let place = budgets.entries.index(forKey: key) else { return }
    change(&budgets.entries.values[place])
  }

  /// Puts a record in the place of a unit's, whatever that is.
  mutating func replace(_ record: BudgetRecord, for key: BudgetKey) {
    budgets.entries[key] = BudgetCache.Entry(record: record, before: nil)
  }

  // MARK: Booking

  /// Books what runs have spent, and what becomes of what they had reserved.
  mutating func book(_ moves: [ItemMove], of queue: UInt32) throws {
    var isNeeded = try self.queue(queue).hasSpending
    // By their places: each look at a whole move would copy it.
    for place in moves.indices where !isNeeded { isNeeded = !moves[place].spent.isEmpty }
    guard isNeeded else { return }
    for place in moves.indices {
      let reservation = moves[place].change.effects.reservation
      let isGone = moves[place].change.after == nil
      guard isGone || reservation != .stays || !moves[place].spent.isEmpty else { continue }
      try book(moves[place], reservation, isGone: isGone)
    }
  }

  private mutating func book(
    _ move: ItemMove, _ reservation: Effects.ReservationChange, isGone: Bool
  ) throws {
    let before = try reading.spent(by: move.key)
    var record = before ?? SpentRecord()
    var since = now
    if case .processing(let hold) = move.before { since = hold.since }
    var spent = move.spent
    if reservation != .stays {
      try release(record.reserved, of: move.key.queue)
      if reservation == .isSpent { spent.add(record.reserved) }
      record.reserved = [:]
    }
    record.spent.add(spent)
    try spend(spent, of: move.key.queue, since: since, gone: isGone ? record.spent : [:])
    // What is reserved for a run that goes on stands with that by now.
    if isGone { record = SpentRecord() }
    guard record != before ?? SpentRecord() else { return }
    try put(record, of: move.key)
  }

  private mutating func put(_ record: SpentRecord, of key: ItemKey) throws {
    guard !record.isEmpty else {
      _ = try key.withBytes { try transaction.delete($0, in: .spent) }
      return
    }
    writer.clear()
    record.write(to: &writer)
    try put(key, in: .spent)
  }

  /// Counts what was spent, and what items had spent that are gone.
  private mutating func spend(
    _ amounts: Amounts, of queue: UInt32, since: Timestamp, gone: Amounts
  ) throws {
    let budgets = try self.queue(queue).settings.budgets
    for (unit, amount) in amounts {
      try update(BudgetKey(queue: queue, unit: unit)) {
        $0.record.spending.spend(amount, at: budgets[unit]?.rate, since: since)
      }
    }
    for (unit, amount) in gone {
      try update(BudgetKey(queue: queue, unit: unit)) { $0.record.gone += amount }
    }
    if !amounts.isEmpty { try noteSpending(of: queue) }
  }

  /// What an item has spent that is gone counts no more.
  mutating func forgetSpending(_ amounts: Amounts, of queue: UInt32) throws {
    for (unit, amount) in amounts {
      try update(BudgetKey(queue: queue, unit: unit)) { entry in
        entry.record.spending.spent -= amount
        entry.record.gone -= amount
      }
    }
  }

  /// Something reserved is not needed any more.
  private mutating func release(_ amounts: Amounts, of queue: UInt32) throws {
    for (unit, amount) in amounts {
      try update(BudgetKey(queue: queue, unit: unit)) { entry in
        entry.record.spending.reserved -= amount
      }
    }
  }

  /// Reserves for each of these claims.
  mutating func reserve(_ amounts: Amounts, for claims: [Claim]) throws {
    guard let queue = claims.first?.token.key.queue, !amounts.isEmpty else { return }
    try reading.prefetch(claims.map(\.token.key), in: [.spent])
    for claim in claims {
      var record = try reading.spent(by: claim.token.key) ?? SpentRecord()
      record.reserved = amounts
      try put(record, of: claim.token.key)
    }
    for (unit, amount) in amounts {
      try update(BudgetKey(queue: queue, unit: unit)) { entry in
        for _ in claims { entry.record.spending.reserved += amount }
      }
    }
    try noteSpending(of: queue)
  }

  private mutating func noteSpending(of queue: UInt32) throws {
    if try !self.queue(queue).hasSpending { try update(queue) { $0.hasSpending = true } }
  }

  /// The run of a removed item has ended: books what it has spent.
  mutating func book(_ run: RevokedRun, _ spent: Amounts, isLost: Bool) throws {
    guard !spent.isEmpty || !run.reserved.isEmpty else { return }
    var spent = spent
    try release(run.reserved, of: run.group.queue)
    if isLost { spent.add(run.reserved) }
    try spend(spent, of: run.group.queue, since: now, gone: spent)
  }

  /// Goes on at the new rates with what is not worked off yet.
  mutating func changeRates(
    of queue: UInt32, from old: [UnitName: Budget], to new: [UnitName: Budget]
  ) throws {
    let now = now
    for unit in Set(old.keys).union(new.keys) where old[unit]?.rate != new[unit]?.rate {
      let key = BudgetKey(queue: queue, unit: unit)
      guard try reading.budget(key) != nil else { continue }
      try update(key) {
        $0.record.spending.change(from: old[unit]?.rate, to: new[unit]?.rate, now: now)
      }
    }
  }

  /// Forgets what a queue without items has spent.
  func forgetBudgets(of queue: UInt32) throws {
    var keys: [[UInt8]] = []
    try reading.walkBudgets(of: queue) { key, _ in keys.append(key.bytes) }
    for key in keys { try transaction.delete(key, in: .budgets) }
  }

  // MARK: Writing

  /// Writes the budgets that changed, before the commit, and wakes whoever waited for room in one.
  mutating func writeBudgets() throws {
    for (key, entry) in budgets.entries where entry.record != entry.before {
      writer.clear()
      entry.record.write(to: &writer)
      try withBytes(key.bytes) { bytes in
        try writer.bytes.withUnsafeBytes { try transaction.put($0, for: bytes, in: .budgets) }
      }
      // Its limit has more room; how much others need is not known.
      guard let old = entry.before?.spending, old.reserved > .zero,
        try queue(key.queue).settings.budgets[key.unit]?.limit != nil
      else { continue }
      let new = entry.record.spending
      if new.spent + new.reserved < old.spent + old.reserved { wake(key.queue) }
    }
  }
}
