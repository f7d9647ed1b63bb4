import LMDB
public import QueueCore

extension LMDBStore {
  /// Looks at everything, in one snapshot; see ``QueueStore``.
  public func audit() throws(StoreError) -> Audit {
    try read { transaction, reading in
      var auditor = Auditor(reading: reading)
      try auditor.lookAtItems(transaction)
      try auditor.lookAtTotals(transaction)
      try auditor.lookAtQueues(transaction)
      return auditor.audit
    }
  }
}

/// One look at a whole store: what it counts on its way, compared with what the store says.
///
/// Every item is found in exactly one status, and by its id; then equal totals mean that there is
/// nothing else in any of the sub-databases.
private struct Auditor {
  let reading: StoreReading
  var audit = Audit()
  private var counts: [UInt32: Counts] = [:]
  private var payloads = 0
  private var claimants: Set<WorkerID> = []

  init(reading: StoreReading) { self.reading = reading }

  mutating func lookAtItems(_ transaction: borrowing ReadTransaction) throws {
    try transaction.withCursor(in: reading.databases.items) { cursor throws in
      while let entry = try cursor.next() {
        audit.items += 1
        do {
          try look(at: try ItemKey(bytes: entry.key), transaction)
        } catch let error as StoreError {
          audit.note("item record \(audit.items): \(error.message)")
        }
      }
    }
  }

  private mutating func look(
    at key: ItemKey, _ transaction: borrowing ReadTransaction
  ) throws {
    guard
      let item = try ItemRecord.read(key, reading.databases, withPayload: false, in: transaction)
    else { return }
    if item.isApart { payloads += 1 }
    let name = Self.name(key)
    let found = try withBytes(item.record.id) {
      try IDIndex(reading: reading).find($0, in: key.queue, transaction)
    }
    if found == nil { audit.note("\(name) has no entry in ids") }
    if let found, found != key { audit.note("\(name) has the id of \(Self.name(found))") }

    var states: [ItemState] = []
    for status in Status.allCases {
      if let state = try reading.state(of: key, in: status, transaction) { states.append(state) }
    }
    if states.count != 1 {
      let names = states.map(\.status.rawValue).joined(separator: ", ")
      audit.note("\(name) is in \(states.count) statuses (\(names)), not in one")
    }
    for state in states {
      counts[key.queue, default: Counts()].add(state)
      if case .processing(let hold) = state { claimants.insert(hold.worker) }
      if case .delayed(let delay) = state {
        let isDue = try DueKey(queue: key.queue, until: delay.until, rank: key.rank).withBytes {
          try transaction.contains($0, in: reading.databases.due)
        }
        if !isDue { audit.note("\(name) is delayed but has no entry in due") }
      }
    }
  }

  mutating func lookAtTotals(_ transaction: borrowing ReadTransaction) throws {
    let databases = reading.databases
    func entries(_ database: Database) throws -> UInt64 {
      UInt64(try transaction.statistics(of: database).entries)
    }
    for status in Status.allCases {
      let seen = counts.values.reduce(0) { $0 + $1[status] }
      let kept = try entries(databases[status])
      if seen != kept { audit.note("\(status) has \(kept) entries, but \(seen) items are in it") }
    }
    let delayed = counts.values.reduce(0) { $0 + $1.delayed }
    let due = try entries(databases.due)
    if due != delayed { audit.note("due has \(due) entries for \(delayed) delayed items") }
    let ids = try entries(databases.ids)
    if ids != audit.items { audit.note("ids has \(ids) entries for \(audit.items) items") }
    let apart = try entries(databases.payloads)
    if apart != payloads { audit.note("payloads has \(apart) entries for \(payloads) items") }
    do {
      claimants.formUnion(try reading.revoked(of: nil, in: transaction).map(\.worker))
      for worker in claimants.subtracting(try reading.workers(in: transaction).map(\.id)) {
        audit.note("items are claimed by worker \(worker.number), which is not registered")
      }
    } catch let error as StoreError {
      audit.note("workers: \(error.message)")
    }
  }

  mutating func lookAtQueues(_ transaction: borrowing ReadTransaction) throws {
    let numbers = try reading.queueNumbers(in: transaction)
    for number in numbers {
      do {
        try look(atQueue: number, transaction)
      } catch let error as StoreError {
        audit.note("queue \(number): \(error.message)")
      }
    }
    for number in counts.keys { audit.note("items belong to queue \(number), which is not there") }
    let names = try transaction.statistics(of: reading.databases.names).entries
    if names != numbers.count {
      audit.note("names has \(names) entries for \(numbers.count) queues")
    }
  }

  private mutating func look(
    atQueue number: UInt32, _ transaction: borrowing ReadTransaction
  ) throws {
    var seen = counts.removeValue(forKey: number) ?? Counts()
    let record = try reading.queue(number, in: transaction)
    (seen.enqueued, seen.removed) = (record.counts.enqueued, record.counts.removed)
    if seen != record.counts {
      audit.note("queue \(record.name) counts \(record.counts), but has \(seen)")
    }
    if !record.counts.areConserved {
      audit.note(
        "queue \(record.name): \(record.counts.enqueued) were enqueued, but "
          + "\(record.counts.total) are there and \(record.counts.removed) were removed")
    }
    if try reading.queueNumber(of: record.name, in: transaction) != number {
      audit.note("queue \(record.name) is not found by its name")
    }
  }

  private static func name(_ key: ItemKey) -> String {
    "item \(key.queue)/\(key.priority)/\(key.sequence)"
  }
}
