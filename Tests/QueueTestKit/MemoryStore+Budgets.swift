public import QueueCore

/// What runs have spent and reserved, kept with the items, and added up anew for each look.
extension MemoryStore {
  /// What a removed item, or its run, had spent, and what it has left to be worked off.
  struct Purse {
    var gone: Amounts = [:]
    var workedOff: [UnitName: Timestamp] = [:]
    var owed: [UnitName: Amount] = [:]
    /// Units that were ever spent or reserved.
    var units: Set<UnitName> = []
  }

  /// Notes that a run has spent something that was claimed at a moment.
  func spend(_ amounts: Amounts, since: Timestamp, in name: QueueName) {
    for (unit, amount) in amounts {
      queues[name]?.purse.units.insert(unit)
      guard let rate = queues[name]?.settings.budgets[unit]?.rate else { continue }
      let next = queues[name]?.purse.workedOff[unit]
      queues[name]?.purse.workedOff[unit] = rate.workedOff(amount, after: next, since: since)
      let isFree = next.map { $0 <= since } ?? true
      let owed = isFree ? .zero : queues[name]?.purse.owed[unit] ?? .zero
      queues[name]?.purse.owed[unit] = owed + amount
    }
  }

  public func budgets(of queue: QueueName) throws(StoreError) -> [BudgetSummary] {
    guard let queue = queues[queue] else { return [] }
    let units = queue.purse.units.union(queue.settings.budgets.keys)
    return units.sorted().map { unit in
      let items = queue.entries.values
      var spending = Spending()
      spending.spent =
        items.compactMap { $0.spent[unit] }.reduce(.zero, +) + (queue.purse.gone[unit] ?? .zero)
      spending.reserved =
        items.compactMap { $0.reserved[unit] }.reduce(.zero, +)
        + revokedRuns.filter { $0.key.key.queue == queue.number }
        .compactMap { $0.value.reserved[unit] }.reduce(.zero, +)
      spending.workedOff = queue.purse.workedOff[unit]
      spending.owed = queue.purse.owed[unit] ?? .zero
      return BudgetSummary(
        unit: unit, budget: queue.settings.budgets[unit] ?? Budget(), spending: spending)
    }
  }

  func limits(of queue: QueueName, and others: Amounts = [:]) -> [BudgetSummary] {
    let known = (try? budgets(of: queue)) ?? []
    let new = others.keys.filter { unit in !known.contains { $0.unit == unit } }
    return known.filter { !$0.budget.isEmpty || others[$0.unit] != nil }
      + new.map { BudgetSummary(unit: $0, budget: Budget(), spending: Spending()) }
  }

  /// What was owed at the old rates is owed at the new ones.
  func changeRates(of queue: QueueName, from old: [UnitName: Budget]) {
    guard let new = queues[queue]?.settings.budgets else { return }
    for (unit, next) in queues[queue]?.purse.workedOff ?? [:] {
      guard old[unit]?.rate != new[unit]?.rate else { continue }
      let owed = old[unit]?.rate?.owed(until: next, now: now) ?? .zero
      let moved = new[unit]?.rate?.workedOff(owed, after: nil, since: now)
      queues[queue]?.purse.workedOff[unit] = owed > .zero ? moved : nil
      queues[queue]?.purse.owed[unit] = moved != nil && owed > .zero ? owed : nil
    }
  }
}
