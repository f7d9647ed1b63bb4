import OrderedStore
import QueueCore

/// Ends that are numbered: `ends` follows from `results`.
extension Repairer {
  /// Makes every end lead to its item, and none be given again.
  mutating func repairResults(_ session: inout WriteSession) throws {
    var (taken, lost): (Set<EndNumber>, [ItemKey]) = ([], [])
    try session.forEachKey(in: .results) { session, bytes in
      guard let key = try? withBytes(bytes, { try ItemKey(bytes: $0) }),
        queues.contains(key.queue), let end = try? session.reading.end(of: key),
        try session.reading.state(of: key, in: end.status) != nil
      else {
        try remove(bytes, from: .results, session)
        return repairs.note("results had an entry that is the end of no item: removed")
      }
      if !taken.insert(EndNumber(queue: key.queue, number: end.number)).inserted {
        lost.append(key)
      }
      highestEnd[key.queue] = max(highestEnd[key.queue] ?? 0, end.number)
    }
    for key in lost { try renumber(key, &session) }
    try repairEnds(&session)
    try repairReaders(&session)
    for (queue, highest) in highestEnd.sorted(by: { $0.key < $1.key }) {
      guard try session.queue(queue).nextEnd <= highest else { continue }
      try session.update(queue) { $0.nextEnd = highest + 1 }
      repairs.note("queue \(queue) would have given an end again: moved on")
    }
  }

  private struct EndNumber: Hashable {
    var queue: UInt32
    var number: UInt64
  }

  /// Gives an item another end, as another one has its number.
  private mutating func renumber(_ key: ItemKey, _ session: inout WriteSession) throws {
    let value = try session.transaction.bytes(for: key.withBytes(Array.init), in: .results) ?? []
    let (record, result) = try withBytes(value) { bytes in
      var reader = RecordReader(bytes)
      let (record, form) = try EndRecord.read(&reader)
      let rest = try reader.rest()
      return (record, form.map { ItemResult(rest, form: $0) })
    }
    let number = max(highestEnd[key.queue] ?? 0, try session.queue(key.queue).nextEnd) + 1
    highestEnd[key.queue] = number
    try session.put(EndRecord(number: number, status: record.status), of: key, result)
    repairs.note("\(Self.name(key)) had the number of another end: it has \(number) now")
  }

  private mutating func repairEnds(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .ends) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .ends) ?? []
      if let end = try? withBytes(bytes, { try EndKey(bytes: $0) }), value.count == 8 {
        let rank = value.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let record = try session.reading.end(of: ItemKey(queue: end.queue, rank: rank))
        if record?.number == end.number { return }
      }
      try remove(bytes, from: .ends, session)
      repairs.note("ends had an entry that leads to no end: removed")
    }
    try session.forEachKey(in: .results) { session, bytes in
      let key = try withBytes(bytes) { try ItemKey(bytes: $0) }
      guard let record = try session.reading.end(of: key) else { return }
      let end = EndKey(queue: key.queue, number: record.number).withBytes(Array.init)
      guard try session.transaction.bytes(for: end, in: .ends) == nil else { return }
      let rank = withUnsafeBytes(of: key.rank.bigEndian, Array.init)
      try session.transaction.put(rank, for: end, in: .ends)
      repairs.note("\(Self.name(key)) had an end without an entry in ends: entered")
    }
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
