import OrderedStore
import QueueCore

/// Batches: what each counts follows from the items, and who awaits it from what they say.
extension Repairer {
  /// Notes an item that is there, its batch, and what it awaits.
  mutating func noteBatch(of state: ItemState) {
    if state.tally.batch != 0 {
      batches[state.tally.batch, default: StatusCounts()][state.status] += 1
    }
    for awaited in state.awaited {
      waiting[awaited.batch, default: 0] += 1
      let place = Int(awaited.end.rawValue)
      rounds[awaited.batch, default: [0, 0]][place] = max(
        rounds[awaited.batch]?[place] ?? 0, awaited.round)
    }
  }

  /// Makes the batches what the items say.
  mutating func repairBatches(_ session: inout WriteSession) throws {
    try repairAwaiting(&session)
    var records: [UInt32: BatchRecord] = [:]
    try session.forEachKey(in: .batches) { session, bytes in
      let number = bytes.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      if bytes.count == 4, 1..<Format.batchesEnd ~= number,
        let record = try? session.reading.batch(number)
      {
        records[number] = record
        return
      }
      try remove(bytes, from: .batches, session)
      repairs.note("batches had a record that means nothing: removed")
    }
    let numbers = Set(records.keys).union(batches.keys).union(waiting.keys)
    for number in numbers.sorted() { try repair(batch: number, records[number], &session) }
    highestBatch = numbers.max() ?? 0
    try repairBatchNames(numbers, &session)
    try repairReleases(numbers, &session)
  }

  /// A batch without a record is open: nothing that awaits it goes on before somebody has looked.
  private mutating func repair(
    batch number: UInt32, _ known: BatchRecord?, _ session: inout WriteSession
  ) throws {
    var record = known ?? BatchRecord(number)
    record.counts = batches[number] ?? StatusCounts()
    record.waiting = waiting[number] ?? 0
    for (place, round) in (rounds[number] ?? []).enumerated() {
      record.rounds[place] = max(record.rounds[place], round)
    }
    guard record != known else { return }
    session.replace(record)
    repairs.note(
      known == nil
        ? "batch \(number) had no record: made again, as open"
        : "batch \(number) counted wrong")
  }

  /// Makes `awaiting` what items say that they await.
  private mutating func repairAwaiting(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .awaiting) { session, bytes in
      if let entry = try? withBytes(bytes, { try AwaitingKey(bytes: $0) }),
        let state = try session.reading.state(of: entry.key, in: .delayed),
        state.awaited.contains(entry.awaited)
      {
        return
      }
      try remove(bytes, from: .awaiting, session)
      repairs.note("awaiting had an entry that belongs to no item: removed")
    }
    guard !waiting.isEmpty else { return }
    try session.forEachKey(in: .delayed) { session, bytes in
      let key = try withBytes(bytes) { try ItemKey(bytes: $0) }
      guard let state = try session.reading.state(of: key, in: .delayed) else { return }
      for awaited in state.awaited {
        let entry = AwaitingKey(key, awaited).withBytes(Array.init)
        guard try session.transaction.bytes(for: entry, in: .awaiting) == nil else { continue }
        try session.transaction.put([], for: entry, in: .awaiting)
        repairs.note("\(Self.name(key)) awaited a batch without an entry in awaiting: entered")
      }
    }
  }

  /// Gives every batch the name that its number has, else the one that leads to it, else a new one.
  private mutating func repairBatchNames(
    _ numbers: Set<UInt32>, _ session: inout WriteSession
  ) throws {
    var (byNumber, byName): ([UInt32: BatchName], [UInt32: BatchName]) = ([:], [:])
    try session.forEachKey(in: .batchNames) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .batchNames) ?? []
      if let parts = BatchKey.parts(bytes) {
        if let number = parts.number, numbers.contains(number), let name = BatchName(value) {
          return byNumber[number] = name
        }
        let number = value.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        if let name = parts.name, value.count == 4, numbers.contains(number) {
          return byName[number] = name
        }
      }
      try remove(bytes, from: .batchNames, session)
      repairs.note("batch-names had an entry that means nothing: removed")
    }
    var taken = Set(numbers.filter { byNumber[$0] == byName[$0] }.compactMap { byNumber[$0] })
    for number in numbers.sorted()
    where byNumber[number] == nil || byNumber[number] != byName[number] {
      let fallback = BatchName(unchecked: Array("recovered-\(number)".utf8))
      let free = [byNumber[number], byName[number]].compactMap(\.self)
        .first { !taken.contains($0) }
      let name = free ?? fallback
      taken.insert(name)
      try session.enter(number, as: name)
      repairs.note("batch \(number) had lost its name, or was not found by it: named")
    }
    // Another name may have led to the same batch.
    try session.forEachKey(in: .batchNames) { session, bytes in
      guard let name = BatchKey.parts(bytes)?.name,
        let number = try session.reading.batchNumber(of: name),
        try session.reading.batchName(number) != name
      else { return }
      try remove(bytes, from: .batchNames, session)
      repairs.note("batch-names had an entry that means nothing: removed")
    }
  }

  /// Whoever awaits an end that has come is told of it.
  private mutating func repairReleases(
    _ numbers: Set<UInt32>, _ session: inout WriteSession
  ) throws {
    try session.forEachKey(in: .meta) { session, bytes in
      guard bytes.starts(with: Format.releases) else { return }
      if let awaited = Release(key: bytes)?.awaited, numbers.contains(awaited.batch),
        let record = try session.batch(awaited.batch),
        awaited.round < record.awaited(awaited.end).round
      {
        return
      }
      try remove(bytes, from: .meta, session)
      repairs.note("an end of a batch was to be told of that has not come: forgotten")
    }
    for queue in queues.sorted() {
      var ends: [Awaited] = []
      try session.reading.walkAwaited(by: queue) { awaited in
        ends.append(awaited)
        return true
      }
      for awaited in ends {
        guard var record = try session.batch(awaited.batch) else { continue }
        let next = record.awaited(awaited.end).round
        let isOver = awaited.round == next && record.isOver(awaited.end)
        guard isOver || awaited.round < next else { continue }
        if isOver {
          record.rounds[Int(awaited.end.rawValue)] += 1
          session.replace(record)
        }
        let key = Release(awaited).key
        guard try session.transaction.bytes(for: key, in: .meta) == nil else { continue }
        try session.transaction.put([], for: key, in: .meta)
        repairs.note("items awaited an end of batch \(awaited.batch) that had come: they go on")
      }
    }
  }
}
