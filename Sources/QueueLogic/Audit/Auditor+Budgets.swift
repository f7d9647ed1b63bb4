import OrderedStore
import QueueCore

/// The part that looks at budgets: what is spent and reserved of each is what items say.
extension Auditor {
  /// Looks at what one item in this state has spent.
  mutating func look(
    atSpendingOf key: ItemKey, in state: ItemState, _ reading: StoreReading
  ) throws {
    guard let record = try reading.spent(by: key) else { return }
    spent.entries += 1
    spent.add(record, of: key.queue)
    if state.status != .processing, !record.reserved.isEmpty {
      audit.note("\(Self.name(key)) has reserved something, but is not processing")
    }
  }

  /// Looks at the budgets, all in one snapshot.
  mutating func lookAtBudgets(_ reading: StoreReading) throws {
    guard reading.has(.budgets) else { return }
    let wrong = try Self.findings(spent, reading)
    if reading.transaction.revision == beginning {
      for finding in wrong { audit.note(finding) }
    } else {
      hasSuspectBudgets = !wrong.isEmpty
    }
  }

  /// What is wrong with the budgets of a snapshot in which items have spent so much.
  private static func findings(_ spent: SpentSums, _ reading: StoreReading) throws -> [String] {
    var seen = spent
    for run in try reading.revoked() { seen.add(reserved: run.reserved, of: run.group.queue) }
    var wrong: [String] = []
    let entries = try reading.transaction.count(.spent)
    if entries != seen.entries {
      wrong.append("spent has \(entries) entries for \(seen.entries) items")
    }
    var (missing, records) = (Set(seen.sums.keys), 0 as UInt64)
    for queue in try reading.queueNumbers() {
      let record = try? reading.queue(queue)
      try reading.walkBudgets(of: queue) { key, budget in
        missing.remove(key)
        records += 1
        let (name, sum) = (record?.name.text ?? "\(queue)", seen[key])
        let spending = budget.spending
        if spending.spent != sum.spent + budget.gone || spending.reserved != sum.reserved {
          wrong.append(
            "queue \(name) has spent \(spending.spent.text) and reserved "
              + "\(spending.reserved.text) of \(key.unit), but its items "
              + "\((sum.spent + budget.gone).text) and \(sum.reserved.text)")
        }
        if let record, !record.hasSpending {
          wrong.append("queue \(name) has spent, but does not know of it")
        }
      }
    }
    let kept = try reading.transaction.count(.budgets)
    if kept != records { wrong.append("budgets has \(kept) records, queues have \(records)") }
    for key in missing {
      wrong.append("items of queue \(key.queue) have spent \(key.unit), which has no record")
    }
    return wrong.sorted()
  }

  /// Adds up what items have spent, in one snapshot, and compares again.
  mutating func addUpBudgets(_ reading: StoreReading) throws {
    var spent = SpentSums()
    try reading.transaction.scan(.spent, from: noBytes) { bytes, value in
      // As on the way through the items: an entry without one is one too many.
      guard try reading.transaction.contains(bytes, in: .items) else { return true }
      var reader = RecordReader(value)
      spent.entries += 1
      // What means nothing was noted with its item.
      if let record = try? SpentRecord(from: &reader), let key = try? ItemKey(bytes: bytes) {
        spent.add(record, of: key.queue)
      }
      return true
    }
    do {
      for finding in try Self.findings(spent, reading) { audit.note(finding) }
    } catch let error as StoreError {
      audit.note("budgets: \(error.message)")
    }
  }
}
