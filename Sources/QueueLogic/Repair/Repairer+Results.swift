import OrderedStore
import QueueCore

/// Ends that are numbered: which item has which follows from `results`.
extension Repairer {
  /// Makes every end lead to its item and back, and none be given again.
  mutating func repairResults(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .results) { session, bytes in
      guard let end = try? withBytes(bytes, { try EndKey(bytes: $0) }),
        queues.contains(end.queue), let record = try? session.reading.record(of: end),
        try session.reading.state(
          of: ItemKey(queue: end.queue, rank: record.rank), in: record.status) != nil
      else {
        try remove(bytes, from: .results, session)
        return repairs.note("results had an entry that is the end of no item: removed")
      }
      highestEnd[end.queue] = max(highestEnd[end.queue] ?? 0, end.number)
      try repair(end, of: ItemKey(queue: end.queue, rank: record.rank), &session)
    }
    try session.forEachKey(in: .ends) { session, bytes in
      if let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }),
        try leads(key, session) != nil
      {
        return
      }
      try remove(bytes, from: .ends, session)
      repairs.note("ends had an entry that leads to no end: removed")
    }
    try repairReaders(&session)
    for (queue, highest) in highestEnd.sorted(by: { $0.key < $1.key }) {
      guard try session.queue(queue).nextEnd <= highest else { continue }
      try session.update(queue) { $0.nextEnd = highest + 1 }
      repairs.note("queue \(queue) would have given an end again: moved on")
    }
  }

  /// The end that an item leads to and that leads back; nil when there is none.
  private func leads(
    _ key: ItemKey, _ session: borrowing WriteSession
  ) throws -> EndKey? {
    guard let end = try? session.reading.end(of: key),
      let record = try? session.reading.record(of: end), record.rank == key.rank
    else { return nil }
    return end
  }

  /// Has an item lead to its end, unless it has another.
  private mutating func repair(
    _ end: EndKey, of key: ItemKey, _ session: inout WriteSession
  ) throws {
    let known = try leads(key, session)
    if known == end { return }
    guard known == nil else {
      try remove(end.withBytes(Array.init), from: .results, session)
      return repairs.note("\(Self.name(key)) had two ends: one is removed")
    }
    try session.enter(end, of: key.rank)
    repairs.note("\(Self.name(key)) had an end without an entry in ends: entered")
  }

  /// A reader that means nothing begins anew.
  private mutating func repairReaders(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .readers) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .readers) ?? []
      let queue = bytes.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      let name = ReaderName(String(decoding: bytes.dropFirst(4), as: UTF8.self))
      if name != nil, value.count == 8, queues.contains(queue) { return }
      try remove(bytes, from: .readers, session)
      repairs.note("readers had one that means nothing: removed")
    }
  }
}
