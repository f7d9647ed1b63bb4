public import QueueCore

extension OrderedQueueStore {
  /// The units of a queue; see ``QueueStore``.
  public func budgets(of queue: QueueName) throws(StoreError) -> [BudgetSummary] {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return [] }
      let settings = try reading.queue(number).settings
      var all = settings.budgets
      var spendings: [UnitName: Spending] = [:]
      try reading.walkBudgets(of: number) { key, record in
        spendings[key.unit] = record.spending
        if all[key.unit] == nil { all[key.unit] = Budget() }
      }
      return all.sorted { $0.key < $1.key }.map { unit, budget in
        BudgetSummary(unit: unit, budget: budget, spending: spendings[unit] ?? Spending())
      }
    }
  }
}
