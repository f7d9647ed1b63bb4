import OrderedStore
import QueueCore

/// A queue that has other counts than were found page by page.
struct Suspect {
  var number: UInt32
  /// Those that are left to be compared.
  var statuses: [Status]
  /// Its groups count otherwise, too.
  var hasGroups = false
}

/// What a last snapshot says of the whole. Totals that an engine keeps cost nothing, so these are compared
/// within it. What was counted page by page is comparable only when nobody wrote meanwhile; else it tells
/// where to count again.
extension Auditor {
  mutating func lookAtTotals(_ reading: StoreReading) throws {
    func entries(_ table: Table) throws -> UInt64 { try reading.transaction.count(table) }
    let isStill = reading.transaction.revision == beginning
    let items = try entries(.items)
    var inStatuses: UInt64 = 0
    for status in Status.allCases {
      let kept = try entries(status.table)
      inStatuses += kept
      let seen = counts.values.reduce(0) { $0 + $1[status] }
      if isStill, seen != kept {
        audit.note("\(status) has \(kept) entries, but \(seen) items are in it")
      }
    }
    if !isStill, inStatuses != items {
      audit.note("the statuses have \(inStatuses) entries for \(items) items")
    }
    let (due, delayed) = (try entries(.due), try entries(.delayed))
    var (awaiting, pruned) = (0 as UInt64, 0 as UInt64)
    for queue in try reading.queueNumbers() {
      guard let record = try? reading.queue(queue) else { continue }
      awaiting &+= record.counts.awaiting
      pruned &+= record.pruned
    }
    if due &+ awaiting != delayed {
      audit.note(
        "due has \(due) entries for \(delayed) delayed items, of which \(awaiting) await batches")
    }
    let ids = try entries(.ids)
    hasSeenPruned = pruned == 0
    if ids != items &+ pruned {
      let known = pruned > 0 ? " and \(pruned) that were pruned" : ""
      audit.note("ids has \(ids) entries for \(items) items\(known)")
    }
    let apart = try entries(.payloads)
    if apart != payloads {
      hasSeenPayloads = isStill
      if isStill { audit.note("payloads has \(apart) entries for \(payloads) items") }
    }
    let recipes = try reading.has(.recipes) ? entries(.recipes) : 0
    if isStill, recipes != withRecipes {
      audit.note("recipes has \(recipes) entries for \(withRecipes) items")
    }
    try lookAtClaims(reading)
  }

  private mutating func lookAtClaims(_ reading: StoreReading) throws {
    do {
      var leased: UInt64 = 0
      var claimants = Set(try reading.revoked(of: nil).map(\.worker))
      try reading.walk(.processing, from: ItemKey(queue: 0, rank: 0)) { _, state in
        guard case .processing(let hold) = state else { return true }
        if let worker = hold.worker { claimants.insert(worker) } else { leased += 1 }
        return true
      }
      let leases = try reading.has(.leases) ? reading.transaction.count(.leases) : 0
      if leases != leased { audit.note("leases has \(leases) entries for \(leased) leased items") }
      for worker in claimants.subtracting(try reading.workers().map(\.id)) {
        audit.note("items are claimed by worker \(worker.number), which is not registered")
      }
    } catch let error as StoreError {
      audit.note("workers: \(error.message)")
    }
  }

  mutating func lookAtQueues(_ reading: StoreReading) throws {
    let numbers = try reading.queueNumbers()
    var totals = Counts()
    var largest: (number: UInt32, total: UInt64)?
    for number in numbers {
      do {
        let record = try look(atQueue: number, reading)
        for status in Status.allCases { totals[status] &+= record.counts[status] }
        if record.counts.total >= largest?.total ?? 0 { largest = (number, record.counts.total) }
      } catch let error as StoreError {
        audit.note("queue \(number): \(error.message)")
      }
    }
    let names = try reading.transaction.count(.names)
    if names != numbers.count {
      audit.note("names has \(names) entries for \(numbers.count) queues")
    }
    let known = Set(numbers)
    for feed in try reading.feeds() where !known.isSuperset(of: [feed.from, feed.to]) {
      audit.note("queue \(feed.from) feeds queue \(feed.to), but not both are there")
    }
    try lookAtGroupTables(reading)
    do {
      try lookAtBatches(reading)
    } catch let error as StoreError {
      audit.note("batches: \(error.message)")
    }
    do {
      try lookAtEnds(reading)
    } catch let error as StoreError {
      audit.note("ends: \(error.message)")
    }
    do {
      try lookAtBudgets(reading)
    } catch let error as StoreError {
      audit.note("budgets: \(error.message)")
    }
    guard reading.transaction.revision != beginning, !suspects.isEmpty else { return }
    var areEqual = true
    for status in Status.allCases {
      let kept = try reading.transaction.count(status.table)
      areEqual = areEqual && kept == totals[status]
    }
    // When the sums are right, and every other queue's counts are, the largest queue's are too. It is
    // the one that would take long; only what the totals do not tell of is counted again.
    if areEqual,
      let place = suspects.firstIndex(where: { $0.number == largest?.number && !$0.hasGroups })
    {
      suspects[place].statuses = [.delayed, .processing]
    }
  }

  private mutating func look(
    atQueue number: UInt32, _ reading: StoreReading
  ) throws -> QueueRecord {
    let record = try reading.queue(number)
    if !record.counts.areConserved {
      audit.note(
        "queue \(record.name): \(record.counts.enqueued) were enqueued, but "
          + "\(record.counts.total) are there and \(record.counts.removed) were removed")
    }
    if try reading.queueNumber(of: record.name) != number {
      audit.note("queue \(record.name) is not found by its name")
    }
    let seen = counts[number] ?? Counts()
    if !Self.areEqual(seen, record.counts, in: Status.allCases) {
      if reading.transaction.revision == beginning {
        note(record, seen)
      } else {
        suspects.append(Suspect(number: number, statuses: Status.allCases))
      }
    }
    try lookAtGroups(of: record, reading)
    return record
  }

  /// Counts a queue's items in one snapshot, by their keys alone.
  mutating func count(_ suspect: Suspect, _ reading: StoreReading) throws {
    // It may be gone by now.
    guard let record = try? reading.queue(suspect.number) else { return }
    var seen = Counts()
    var groups: [GroupKey: StatusCounts] = [:]
    do {
      for status in suspect.statuses {
        let start = ItemKey(queue: suspect.number, rank: 0)
        try reading.walk(status, from: start) { key, state in
          guard key.queue == suspect.number else { return false }
          seen.add(state)
          if suspect.hasGroups {
            let group = GroupKey(queue: key.queue, number: state.tally.group)
            groups[group, default: StatusCounts()][status] += 1
          }
          return true
        }
      }
      if suspect.hasGroups { try note(groupsOf: record, groups, reading) }
    } catch let error as StoreError {
      return audit.note("queue \(record.name): \(error.message)")
    }
    if !Self.areEqual(seen, record.counts, in: suspect.statuses) { note(record, seen) }
  }

  private mutating func note(_ record: QueueRecord, _ seen: Counts) {
    var seen = seen
    (seen.enqueued, seen.removed) = (record.counts.enqueued, record.counts.removed)
    audit.note("queue \(record.name) counts \(record.counts), but has \(seen)")
  }

  private static func areEqual(_ one: Counts, _ other: Counts, in statuses: [Status]) -> Bool {
    statuses.allSatisfy { one[$0] == other[$0] }
      && (!statuses.contains(.delayed)
        || one.scheduled == other.scheduled && one.awaiting == other.awaiting)
      && (!statuses.contains(.processing)
        || one.orphaned == other.orphaned && one.leased == other.leased)
  }

  /// Looks at the next entries of `ids`, `limit` of them: what leads to no item is of one that was pruned.
  mutating func lookAtPruned(_ limit: Int, _ reading: StoreReading) throws {
    (hasSeenPruned, lastID) = try page(of: .ids, after: lastID, limit, reading) {
      audit, key, value in
      if value.count != 8, !PrunedID.isWhole(value, under: key) {
        audit.note("an entry of ids leads to nothing")
      }
    }
  }

  /// Looks at the next `limit` payloads: each belongs to an item that says so.
  mutating func lookAtPayloads(_ limit: Int, _ reading: StoreReading) throws {
    (hasSeenPayloads, lastPayload) = try page(of: .payloads, after: lastPayload, limit, reading) {
      audit, bytes, _ in
      let key = try ItemKey(bytes: bytes)
      let item = try? reading.record(of: key, withPayload: false)
      if item?.isApart != true { audit.note("\(Self.name(key)) has a payload, but is none") }
    }
  }

  /// Looks at the next entries of a table; whether there are no more, and the last key that was met.
  private mutating func page(
    of table: Table, after last: [UInt8], _ limit: Int, _ reading: StoreReading,
    _ look: (inout Audit, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void
  ) throws -> (isLast: Bool, last: [UInt8]) {
    var (left, reached) = (limit, last)
    try withBytes(last) { start in
      try reading.transaction.scan(table, from: start) { key, value in
        if key.elementsEqual(start) { return true }
        left -= 1
        guard left >= 0 else { return false }
        reached = Array(key)
        try look(&audit, key, value)
        return true
      }
    }
    return (left >= 0, reached)
  }
}
