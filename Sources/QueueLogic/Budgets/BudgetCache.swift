import QueueCore

/// The budgets that a transaction has read or changed.
struct BudgetCache {
  struct Entry {
    var record: BudgetRecord
    /// What it was at first; nil: whatever.
    let before: BudgetRecord?
  }

  var entries: [BudgetKey: Entry] = [:]
}
