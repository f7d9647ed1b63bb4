import OrderedStore
import QueueCore

/// Workers, queues, names and numbers.
extension Repairer {
  /// Notes who is registered; a worker whose record cannot be read is not.
  mutating func repairWorkers(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .workers) { session, bytes in
      let number = withBytes(bytes) { key -> UInt64? in
        var reader = RecordReader(key)
        return try? reader.uint64()
      }
      let isWhole = try withBytes(bytes) { key -> Bool in
        guard let number,
          let value = try session.transaction.value(for: key, in: .workers)
        else { return false }
        var reader = RecordReader(value)
        return (try? WorkerRecord(id: WorkerID(number), from: &reader)) != nil
      }
      if let number, number < Format.workersEnd { highestWorker = max(highestWorker, number) }
      if isWhole, let number {
        workers.insert(WorkerID(number))
      } else {
        try remove(bytes, from: .workers, session)
        repairs.note("worker \(number ?? 0) had a record that means nothing: forgotten")
      }
    }
    for run in try session.revoked() {
      highestToken = max(highestToken, run.token.number)
      guard !workers.contains(run.worker) else { continue }
      try session.erase(run)
      lostRuns.add(reserved: run.reserved, of: run.group.queue)
      repairs.note(
        "a removed item's run was of worker \(run.worker.number), which is not registered: forgotten"
      )
    }
  }

  /// Makes the counts what is there, and gives every queue a record and its name.
  mutating func repairQueues(_ session: inout WriteSession) throws {
    let named = try names(&session)
    var numbers = Set(counts.keys).union(pruned.filter { $0.value > 0 }.keys)
    try session.forEachKey(in: .queues) { session, bytes in
      guard bytes.count == 4 else {
        try remove(bytes, from: .queues, session)
        return repairs.note("queues had a key that means nothing: removed")
      }
      numbers.insert(bytes.reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
    }
    for (number, name) in named.sorted(by: { $0.key < $1.key }) where !numbers.contains(number) {
      try remove(Array(name.text.utf8), from: .names, session)
      repairs.note("the name \(name) belonged to no queue: removed")
    }
    queues = numbers
    for number in numbers.sorted() {
      try repair(queue: number, named: named[number], &session)
    }
    for feed in try session.reading.feeds() where !queues.isSuperset(of: [feed.from, feed.to]) {
      try remove(feed.key, from: .meta, session)
      repairs.note("queue \(feed.from) fed queue \(feed.to), and not both are there: forgotten")
    }
  }

  /// The queues' names as `names` has them.
  private mutating func names(_ session: inout WriteSession) throws -> [UInt32: QueueName] {
    var named: [UInt32: QueueName] = [:]
    try session.forEachKey(in: .names) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .names) ?? []
      let number = value.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      guard value.count == 4, let name = QueueName(String(decoding: bytes, as: UTF8.self)),
        named[number] == nil
      else {
        try remove(bytes, from: .names, session)
        return repairs.note("names had an entry that means nothing: removed")
      }
      named[number] = name
    }
    return named
  }

  private mutating func repair(
    queue number: UInt32, named name: QueueName?, _ session: inout WriteSession
  ) throws {
    var record: QueueRecord
    var isNew = false
    do {
      record = try session.queue(number)
    } catch let error as StoreError where error.code == .unsound {
      guard let found = name ?? QueueName("recovered-\(number)") else { return }
      record = QueueRecord(number: number, name: found)
      isNew = true
      repairs.note(
        "queue \(number) had no record: made again as \(found), with no settings")
    }
    let before = record
    if let better = try freeName(for: record, named: name, session) {
      repairs.note("queue \(number) had a name that is another's, or none: it is \(better) now")
      record.name = better
    }
    var seen = counts[number] ?? Counts()
    seen.enqueued = record.counts.enqueued
    seen.removed = record.counts.removed
    if !seen.areConserved {
      if seen.enqueued >= seen.total {
        seen.removed = seen.enqueued - seen.total
      } else {
        // Fewer were enqueued than are there: one of the two numbers is damage, and may be any.
        let (sum, isTooMuch) = seen.total.addingReportingOverflow(seen.removed)
        if isTooMuch { seen.removed = 0 }
        seen.enqueued = isTooMuch ? seen.total : sum
      }
    }
    record.counts = seen
    let next = (sequences[number] ?? 0) + 1
    if record.nextSequence > ItemKey.maximumSequence { record.nextSequence = next }
    record.nextSequence = max(record.nextSequence, next)
    if withRecipes.contains(number) { record.hasRecipes = true }
    record.pruned = pruned[number] ?? 0
    if record.pruned != before.pruned {
      repairs.note("queue \(record.name) counted \(before.pruned) pruned ids: \(record.pruned) now")
    }
    if record.counts != before.counts {
      repairs.note("queue \(record.name) counted wrong: now \(record.counts.total) items")
    }
    if record.nextSequence != before.nextSequence {
      repairs.note("queue \(record.name) would have given a sequence again: moved on")
    }
    names.insert(record.name)
    if let name, name != record.name, !names.contains(name) {
      try remove(Array(name.text.utf8), from: .names, session)
      repairs.note("the name \(name) led to queue \(record.name): removed")
    }
    if try session.queueNumber(of: record.name) != number {
      try withUnsafeBytes(of: number.bigEndian) { value in
        try withBytes(Array(record.name.text.utf8)) { key in
          try session.transaction.put(value, for: key, in: .names)
        }
      }
      repairs.note("queue \(record.name) was not found by its name: entered")
    }
    if record != before || isNew { session.replace(record) }
  }

  /// Another name for a queue whose own is none, or another queue's; nil if its own will do.
  private func freeName(
    for record: QueueRecord, named name: QueueName?, _ session: borrowing WriteSession
  ) throws -> QueueName? {
    if QueueName(record.name.text) != nil, !names.contains(record.name) {
      let owner = try session.queueNumber(of: record.name)
      if owner == nil || owner == record.number { return nil }
      if let owner, (try? session.queue(owner))?.name != record.name { return nil }
    }
    if let name, !names.contains(name) { return name }
    return QueueName("recovered-\(record.number)")
  }

  /// Numbers that are given once are never given again.
  mutating func repairNumbers(_ session: inout WriteSession) throws {
    var numbers: WriteSession.Numbers
    var isLost = false
    do {
      numbers = try session.currentNumbers()
    } catch let error as StoreError where error.code == .unsound {
      numbers = WriteSession.Numbers()
      isLost = true
    }
    let before = numbers
    let queue = UInt64(queues.max() ?? 0)
    // What was given and is not seen any more is far behind after such a leap.
    let leap: UInt64 = isLost ? 1 << 32 : 0
    numbers.queue = max(numbers.queue, queue + 1 + (isLost ? 1_000 : 0))
    numbers.worker = max(numbers.worker, highestWorker + 1 + leap)
    numbers.token = max(numbers.token, highestToken + 1 + leap)
    let batch = UInt64(highestBatch) + (isLost ? 1_000 : 0)
    if batch > 0 { numbers.batch = max(numbers.batch, batch + 1) }
    guard numbers != before else { return }
    session.replace(numbers)
    repairs.note("numbers would have been given again: moved on")
  }
}
