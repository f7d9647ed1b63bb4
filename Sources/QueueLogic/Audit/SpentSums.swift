import QueueCore

/// What items have spent and reserved, added up by queue and unit.
struct SpentSums {
  var entries: UInt64 = 0
  private(set) var sums: [BudgetKey: SpentSum] = [:]

  /// The sums of one unit of one queue.
  struct SpentSum {
    var spent = Amount.zero
    var reserved = Amount.zero
  }

  subscript(key: BudgetKey) -> SpentSum { sums[key] ?? SpentSum() }

  mutating func add(_ record: SpentRecord, of queue: UInt32) {
    for (unit, amount) in record.spent {
      sums[BudgetKey(queue: queue, unit: unit), default: SpentSum()].spent += amount
    }
    add(reserved: record.reserved, of: queue)
  }

  mutating func add(reserved: Amounts, of queue: UInt32) {
    for (unit, amount) in reserved {
      sums[BudgetKey(queue: queue, unit: unit), default: SpentSum()].reserved += amount
    }
  }
}
