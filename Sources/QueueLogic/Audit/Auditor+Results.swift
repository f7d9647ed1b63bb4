import OrderedStore
import QueueCore

/// The part that looks at ends that are numbered: each is that of one item, and leads to it.
extension Auditor {
  /// Looks at the end of one item in this state.
  mutating func lookAtEnd(
    of key: ItemKey, in state: ItemState, _ reading: StoreReading
  ) throws {
    guard let end = try reading.end(of: key) else { return }
    numbered += 1
    let name = Self.name(key)
    if state.status != end.status {
      audit.note("\(name) is \(state.status), but its end says \(end.status)")
    }
    let rank = try EndKey(queue: key.queue, number: end.number).withBytes {
      try reading.transaction.bytes(for: Array($0), in: .ends)
    }
    if rank != withUnsafeBytes(of: key.rank.bigEndian, Array.init) {
      audit.note("\(name) has end \(end.number), but ends does not lead to it")
    }
  }

  /// Looks for ends of no item, in one snapshot.
  mutating func countEnds(_ reading: StoreReading) throws {
    var (results, strays) = (0, 0)
    try reading.transaction.scan(.results, from: noBytes) { bytes, _ in
      results += 1
      if try !reading.transaction.contains(bytes, in: .items) { strays += 1 }
      return true
    }
    if strays > 0 { audit.note("results has \(results) entries, \(strays) of them of no item") }
  }

  /// Compares totals, all in one snapshot.
  mutating func lookAtEnds(_ reading: StoreReading) throws {
    guard reading.has(.ends) else { return }
    let (results, ends) = (
      try reading.transaction.count(.results), try reading.transaction.count(.ends)
    )
    if results != ends { audit.note("ends has \(ends) entries for \(results) results") }
    if results != numbered {
      if reading.transaction.revision == beginning {
        audit.note("results has \(results) entries for \(numbered) items")
      } else {
        hasSuspectEnds = true
      }
    }
    for queue in try reading.queueNumbers() {
      guard let record = try? reading.queue(queue) else { continue }
      try reading.walkEnds(of: queue, from: record.nextEnd) { end, _ in
        audit.note("queue \(record.name) would give end \(record.nextEnd) again: it has \(end)")
        return false
      }
    }
  }
}
