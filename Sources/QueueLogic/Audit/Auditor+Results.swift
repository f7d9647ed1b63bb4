import OrderedStore
import QueueCore

/// The part that looks at ends that are numbered: each is that of one item, and leads to it.
extension Auditor {
  /// Looks at the end of one item in this state.
  mutating func look(
    atEndOf key: ItemKey, in state: ItemState, _ reading: StoreReading
  ) throws {
    guard let end = try reading.end(of: key) else { return }
    numbered += 1
    let name = Self.name(key)
    guard let record = try reading.record(of: end), record.rank == key.rank else {
      return audit.note("\(name) has end \(end.number), which is not there, or another item's")
    }
    if state.status != record.status {
      audit.note("\(name) is \(state.status), but its end says \(record.status)")
    }
  }

  /// Looks for ends of no item, in one snapshot.
  mutating func countEnds(_ reading: StoreReading) throws {
    var (ends, strays) = (0, 0)
    try reading.transaction.scan(.ends, from: noBytes) { bytes, _ in
      ends += 1
      if try !reading.transaction.contains(bytes, in: .items) { strays += 1 }
      return true
    }
    if strays > 0 { audit.note("ends has \(ends) entries, \(strays) of them of no item") }
  }

  /// Compares totals, all in one snapshot.
  mutating func lookAtEnds(_ reading: StoreReading) throws {
    guard reading.has(.ends) else { return }
    let (results, ends) = (
      try reading.transaction.count(.results), try reading.transaction.count(.ends)
    )
    if results != ends { audit.note("ends has \(ends) entries for \(results) results") }
    if ends != numbered {
      if reading.transaction.revision == beginning {
        audit.note("ends has \(ends) entries for \(numbered) items")
      } else {
        hasSuspectEnds = true
      }
    }
    for queue in try reading.queueNumbers() {
      guard let record = try? reading.queue(queue) else { continue }
      try reading.walkEnds(of: queue, from: record.nextEnd) { end, _, _ in
        audit.note(
          "queue \(record.name) would give end \(record.nextEnd) again: it has \(end.number)")
        return false
      }
    }
  }
}
