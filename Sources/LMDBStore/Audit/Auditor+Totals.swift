import LMDB
import QueueCore

/// A queue that has other counts than were found page by page.
struct Suspect {
  var number: UInt32
  /// Those that are left to be compared.
  var statuses: [Status]
}

/// What a last snapshot says of the whole. Totals that LMDB keeps cost nothing, so these are compared
/// within it. What was counted page by page is comparable only when nobody wrote meanwhile; else it tells
/// where to count again.
extension Auditor {
  mutating func lookAtTotals(_ transaction: borrowing ReadTransaction) throws {
    let databases = reading.databases
    func entries(_ database: Database) throws -> UInt64 {
      UInt64(try transaction.statistics(of: database).entries)
    }
    let isStill = transaction.id == beginning
    let items = try entries(databases.items)
    var inStatuses: UInt64 = 0
    for status in Status.allCases {
      let kept = try entries(databases[status])
      inStatuses += kept
      let seen = counts.values.reduce(0) { $0 + $1[status] }
      if isStill, seen != kept {
        audit.note("\(status) has \(kept) entries, but \(seen) items are in it")
      }
    }
    if !isStill, inStatuses != items {
      audit.note("the statuses have \(inStatuses) entries for \(items) items")
    }
    let (due, delayed) = (try entries(databases.due), try entries(databases.delayed))
    if due != delayed { audit.note("due has \(due) entries for \(delayed) delayed items") }
    let ids = try entries(databases.ids)
    if ids != items { audit.note("ids has \(ids) entries for \(items) items") }
    let apart = try entries(databases.payloads)
    if apart != payloads {
      hasSeenPayloads = isStill
      if isStill { audit.note("payloads has \(apart) entries for \(payloads) items") }
    }
    try lookAtClaims(transaction)
  }

  private mutating func lookAtClaims(_ transaction: borrowing ReadTransaction) throws {
    do {
      var claimants = Set(try reading.revoked(of: nil, in: transaction).map(\.worker))
      try reading.walk(.processing, from: ItemKey(queue: 0, rank: 0), in: transaction) { _, state in
        if case .processing(let hold) = state { claimants.insert(hold.worker) }
        return true
      }
      for worker in claimants.subtracting(try reading.workers(in: transaction).map(\.id)) {
        audit.note("items are claimed by worker \(worker.number), which is not registered")
      }
    } catch let error as StoreError {
      audit.note("workers: \(error.message)")
    }
  }

  mutating func lookAtQueues(_ transaction: borrowing ReadTransaction) throws {
    let numbers = try reading.queueNumbers(in: transaction)
    var totals = Counts()
    var largest: (number: UInt32, total: UInt64)?
    for number in numbers {
      do {
        let record = try look(atQueue: number, transaction)
        for status in Status.allCases { totals[status] &+= record.counts[status] }
        if record.counts.total >= largest?.total ?? 0 { largest = (number, record.counts.total) }
      } catch let error as StoreError {
        audit.note("queue \(number): \(error.message)")
      }
    }
    let names = try transaction.statistics(of: reading.databases.names).entries
    if names != numbers.count {
      audit.note("names has \(names) entries for \(numbers.count) queues")
    }
    guard transaction.id != beginning, !suspects.isEmpty else { return }
    var areEqual = true
    for status in Status.allCases {
      let kept = UInt64(try transaction.statistics(of: reading.databases[status]).entries)
      areEqual = areEqual && kept == totals[status]
    }
    // When the sums are right, and every other queue's counts are, the largest queue's are too. It is
    // the one that would take long; only what the totals do not tell of is counted again.
    if areEqual, let place = suspects.firstIndex(where: { $0.number == largest?.number }) {
      suspects[place].statuses = [.delayed, .processing]
    }
  }

  private mutating func look(
    atQueue number: UInt32, _ transaction: borrowing ReadTransaction
  ) throws -> QueueRecord {
    let record = try reading.queue(number, in: transaction)
    if !record.counts.areConserved {
      audit.note(
        "queue \(record.name): \(record.counts.enqueued) were enqueued, but "
          + "\(record.counts.total) are there and \(record.counts.removed) were removed")
    }
    if try reading.queueNumber(of: record.name, in: transaction) != number {
      audit.note("queue \(record.name) is not found by its name")
    }
    let seen = counts[number] ?? Counts()
    if !Self.areEqual(seen, record.counts, in: Status.allCases) {
      if transaction.id == beginning {
        note(record, seen)
      } else {
        suspects.append(Suspect(number: number, statuses: Status.allCases))
      }
    }
    return record
  }

  /// Counts a queue's items in one snapshot, by their keys alone.
  mutating func count(_ suspect: Suspect, _ transaction: borrowing ReadTransaction) throws {
    // It may be gone by now.
    guard let record = try? reading.queue(suspect.number, in: transaction) else { return }
    var seen = Counts()
    do {
      for status in suspect.statuses {
        let start = ItemKey(queue: suspect.number, rank: 0)
        try reading.walk(status, from: start, in: transaction) { key, state in
          guard key.queue == suspect.number else { return false }
          seen.add(state)
          return true
        }
      }
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
      && (!statuses.contains(.delayed) || one.scheduled == other.scheduled)
      && (!statuses.contains(.processing) || one.orphaned == other.orphaned)
  }

  /// Looks at the next `limit` payloads: each belongs to an item that says so.
  mutating func lookAtPayloads(_ limit: Int, _ transaction: borrowing ReadTransaction) throws {
    try transaction.withCursor(in: reading.databases.payloads) { cursor throws in
      var entry = try lastPayload.isEmpty ? cursor.first() : cursor.seek(atLeast: lastPayload)
      if let found = entry, found.key.elementsEqual(lastPayload) { entry = try cursor.next() }
      for _ in 0..<limit {
        guard let found = entry else { return hasSeenPayloads = true }
        lastPayload = Array(found.key)
        let key = try ItemKey(bytes: found.key)
        let item = try? ItemRecord.read(key, reading.databases, withPayload: false, in: transaction)
        if item?.isApart != true { audit.note("\(Self.name(key)) has a payload, but is none") }
        entry = try cursor.next()
      }
    }
  }
}
