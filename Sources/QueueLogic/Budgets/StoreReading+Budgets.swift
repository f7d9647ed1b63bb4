import OrderedStore
import QueueCore

/// What can be read of budgets.
extension StoreReading {
  /// What a queue has spent of a unit; nil when it never did.
  func budget(_ key: BudgetKey) throws -> BudgetRecord? {
    guard has(.budgets) else { return nil }
    return try withBytes(key.bytes) { bytes in
      guard let value = try transaction.value(for: bytes, in: .budgets) else { return nil }
      var reader = RecordReader(value)
      return try BudgetRecord(from: &reader)
    }
  }

  /// Visits the units that a queue has spent, in the order of their names.
  func walkBudgets(
    of queue: UInt32, _ visit: (BudgetKey, BudgetRecord) throws -> Void
  ) throws {
    guard has(.budgets) else { return }
    let prefix = BudgetKey.prefix(queue)
    try withBytes(prefix) { start in
      try transaction.scan(.budgets, from: start) { bytes, value in
        guard bytes.starts(with: prefix) else { return false }
        guard let key = BudgetKey(bytes: bytes) else {
          throw StoreError.unsound("a budget is of no unit")
        }
        var reader = RecordReader(value)
        try visit(key, try BudgetRecord(from: &reader))
        return true
      }
    }
  }

  /// What an item has spent and reserved; nil when nothing.
  func spent(by key: ItemKey) throws -> SpentRecord? {
    guard has(.spent) else { return nil }
    return try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .spent) else { return nil }
      var reader = RecordReader(value)
      return try SpentRecord(from: &reader)
    }
  }

  /// The units that have a limit or a rate, and some others; `spending` knows what is spent of each.
  func limits(
    of queue: QueueRecord, and others: Amounts = [:], _ spending: (BudgetKey) throws -> Spending
  ) throws -> [BudgetSummary] {
    var budgets = queue.settings.budgets
    if budgets.isEmpty, others.isEmpty { return [] }
    for unit in others.keys where budgets[unit] == nil { budgets[unit] = Budget() }
    return try budgets.sorted { $0.key < $1.key }.map { unit, budget in
      BudgetSummary(
        unit: unit, budget: budget,
        spending: try spending(BudgetKey(queue: queue.number, unit: unit)))
    }
  }
}
