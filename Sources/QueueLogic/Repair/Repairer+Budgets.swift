import OrderedStore
import QueueCore

/// Budgets: what is spent and reserved of each follows from what items say.
extension Repairer {
  /// Makes the budgets what the items say.
  mutating func repairBudgets(_ session: inout WriteSession) throws {
    var sums = try repairSpent(&session)
    for run in try session.revoked() { sums.add(reserved: run.reserved, of: run.group.queue) }
    var records: [BudgetKey: BudgetRecord] = [:]
    try session.forEachKey(in: .budgets) { session, bytes in
      if let key = withBytes(bytes, { BudgetKey(bytes: $0) }), queues.contains(key.queue),
        let record = try? session.reading.budget(key)
      {
        records[key] = record
        return
      }
      try remove(bytes, from: .budgets, session)
      repairs.note("budgets had a record that means nothing: removed")
    }
    let keys = Set(records.keys).union(
      (Array(sums.sums.keys) + lostRuns.sums.keys).filter { queues.contains($0.queue) })
    for key in keys.sorted(by: { ($0.queue, $0.unit) < ($1.queue, $1.unit) }) {
      try repair(key, records[key], sums[key], lost: lostRuns[key].reserved, &session)
    }
    for queue in Set(keys.map(\.queue)).sorted() where try !session.queue(queue).hasSpending {
      try session.update(queue) { $0.hasSpending = true }
      repairs.note("queue \(queue) did not know that it has spent: it does again")
    }
  }

  private mutating func repair(
    _ key: BudgetKey, _ known: BudgetRecord?, _ sum: SpentSums.SpentSum, lost: Amount,
    _ session: inout WriteSession
  ) throws {
    var record = known ?? BudgetRecord()
    record.spending.reserved = sum.reserved
    // More cannot be gone than is spent. Rather too much is spent than too little: nobody pays it again.
    let gone = record.gone > record.spending.spent ? .zero : record.gone
    record.spending.spent = max(record.spending.spent, sum.spent + gone) + lost
    record.gone = record.spending.spent - sum.spent
    guard record != known else { return }
    if record.spending.spent == .zero, record.spending.reserved == .zero {
      try remove(key.bytes, from: .budgets, session)
      return repairs.note("\(key.unit) of queue \(key.queue) was spent by nobody: forgotten")
    }
    session.replace(record, for: key)
    repairs.note(
      "\(key.unit) of queue \(key.queue): now \(record.spending.spent.text) spent, "
        + "\(record.spending.reserved.text) reserved")
  }

  /// Makes what items have spent mean something, and adds it up.
  private mutating func repairSpent(_ session: inout WriteSession) throws -> SpentSums {
    var sums = SpentSums()
    try session.forEachKey(in: .spent) { session, bytes in
      guard let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }),
        var record = try? session.reading.spent(by: key), !record.isEmpty,
        let state = try session.reading.state(of: key)
      else {
        try remove(bytes, from: .spent, session)
        return repairs.note("spent had an entry that means nothing: removed")
      }
      if state.status != .processing, !record.reserved.isEmpty {
        record.spent.add(record.reserved)
        record.reserved = [:]
        session.writer.clear()
        record.write(to: &session.writer)
        try session.put(key, in: .spent)
        repairs.note("\(Self.name(key)) had reserved, but is not processing: counted as spent")
      }
      sums.add(record, of: key.queue)
    }
    return sums
  }
}
