import OrderedStore
import QueueCore

/// The part that looks at batches: what each counts, and who awaits it.
extension Auditor {
  /// Looks at one item in this state.
  mutating func look(
    at key: ItemKey, in state: ItemState, _ reading: StoreReading
  ) throws {
    if state.tally.batch != 0 {
      batches[state.tally.batch, default: StatusCounts()][state.status] += 1
    }
    for awaited in state.awaited {
      let isEntered = try AwaitingKey(key, awaited).withBytes {
        try reading.has(.awaiting) && reading.transaction.contains($0, in: .awaiting)
      }
      if !isEntered { audit.note("\(Self.name(key)) awaits a batch but has no entry in awaiting") }
    }
  }

  /// Looks at the batches, all in one snapshot.
  mutating func lookAtBatches(_ reading: StoreReading) throws {
    guard reading.has(.batches) else { return }
    let queues = try reading.queueNumbers()
    var (number, waiting, awaiting) = (0 as UInt64, 0 as UInt64, 0 as UInt64)
    for queue in queues { awaiting &+= (try? reading.queue(queue))?.counts.awaiting ?? 0 }
    var (seen, isAsSeen) = (batches, true)
    try reading.walkBatches { record in
      number += 1
      waiting &+= record.waiting
      isAsSeen =
        isAsSeen && record.counts == seen.removeValue(forKey: record.number) ?? StatusCounts()
      let bytes = try reading.transaction.bytes(
        for: BatchKey.entry(of: record.number), in: .batchNames)
      let found = try bytes.flatMap { BatchName($0) }.flatMap { try reading.batchNumber(of: $0) }
      if found != record.number {
        audit.note("batch \(record.number) has no name, or is not found by it")
      }
      for end in BatchEnd.allCases where record.waiting > 0 && record.isOver(end) {
        for queue in queues where try reading.isAwaited(record.awaited(end), in: queue) {
          audit.note("batch \(record.number) has come to its end, but items still await that")
        }
      }
      return true
    }
    let names = try reading.transaction.count(.batchNames)
    if names != number * 2 { audit.note("batch-names has \(names) entries for \(number) batches") }
    let entries = try reading.transaction.count(.awaiting)
    if entries != waiting {
      audit.note("awaiting has \(entries) entries, batches count \(waiting)")
    }
    if entries < awaiting {
      audit.note("awaiting has \(entries) entries for \(awaiting) items that await batches")
    }
    try lookAtEnds(queues, reading)
    if isAsSeen, seen.isEmpty { return }
    if reading.transaction.revision == beginning {
      try note(batches: batches, reading)
    } else {
      hasSuspectBatches = true
    }
  }

  /// Whether whatever is awaited can come.
  private mutating func lookAtEnds(_ queues: [UInt32], _ reading: StoreReading) throws {
    let releases = Set(try reading.releases().map(\.awaited))
    for queue in queues {
      try reading.walkAwaited(by: queue) { awaited in
        guard let record = try reading.batch(awaited.batch) else {
          audit.note("items await batch \(awaited.batch), which is not there")
          return true
        }
        let next = record.awaited(awaited.end).round
        if awaited.round > next || awaited.round < next && !releases.contains(awaited) {
          audit.note("items await an end of batch \(awaited.batch) that does not come")
        }
        return true
      }
    }
  }

  /// Notes what batches count that is not so.
  private mutating func note(
    batches seen: [UInt32: StatusCounts], _ reading: StoreReading
  ) throws {
    var left = seen
    try reading.walkBatches { record in
      let seen = left.removeValue(forKey: record.number) ?? StatusCounts()
      if record.counts != seen {
        audit.note("batch \(record.number) counts \(record.counts), but has \(seen)")
      }
      return true
    }
    for number in left.keys.sorted() {
      audit.note("items belong to batch \(number), which is not there")
    }
  }

  /// Counts what batches have, in one snapshot.
  mutating func countBatches(_ reading: StoreReading) throws {
    var seen: [UInt32: StatusCounts] = [:]
    for status in Status.allCases {
      try reading.walk(status, from: ItemKey(queue: 0, rank: 0)) { _, state in
        if state.tally.batch != 0 {
          seen[state.tally.batch, default: StatusCounts()][status] += 1
        }
        return true
      }
    }
    try note(batches: seen, reading)
  }
}
