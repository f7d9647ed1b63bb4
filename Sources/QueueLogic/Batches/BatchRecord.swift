import QueueCore

/// A batch as `batches` keeps it; the layout is in ``Format``. Its name is in `batch-names`.
struct BatchRecord: Equatable {
  let number: UInt32
  /// Its items in each status.
  var counts = StatusCounts()
  var isSealed = false
  /// Entries of `awaiting` that lead to it, of whatever round.
  var waiting: UInt64 = 0
  /// How often it has come to each end, by ``BatchEnd/rawValue``.
  var rounds: [UInt32] = [0, 0]
  /// The fillings that have not ended well, in order, and the number of the next one.
  var fills: [UInt32] = []
  var nextFill: UInt32 = 1

  init(_ number: UInt32) { self.number = number }

  init(_ number: UInt32, from reader: inout RecordReader) throws(StoreError) {
    self.number = number
    let flags = try reader.byte()
    isSealed = flags == 1
    for status in Status.allCases { counts[status] = try reader.varint() }
    waiting = try reader.varint()
    for place in rounds.indices { rounds[place] = UInt32(clamping: try reader.varint()) }
    nextFill = UInt32(clamping: try reader.varint())
    while !reader.isAtEnd { fills.append(UInt32(clamping: try reader.varint())) }
    guard flags < 2, 1...Format.fillsEnd ~= nextFill, fills.allSatisfy({ 1..<nextFill ~= $0 })
    else {
      throw StoreError.unsound("a batch's record says more than it can")
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.put(isSealed ? 1 : 0 as UInt8)
    for status in Status.allCases { writer.put(varint: counts[status]) }
    writer.put(varint: waiting)
    for number in rounds + [nextFill] + fills { writer.put(varint: UInt64(number)) }
  }

  /// The batch as others see it.
  func summary(named name: BatchName) -> BatchSummary {
    var counts = Counts()
    for status in Status.allCases { counts[status] = self.counts[status] }
    return BatchSummary(
      number: number, name: name, counts: counts, isSealed: isSealed, waiting: waiting,
      fills: fills.count)
  }

  /// Whether it has come to this end.
  func isOver(_ end: BatchEnd) -> Bool {
    guard isSealed, counts[.pending] | counts[.delayed] | counts[.processing] == 0 else {
      return false
    }
    return end == .ended || counts[.failed] == 0
  }

  /// What an item awaits that is to wait for the next end of this kind.
  func awaited(_ end: BatchEnd) -> Awaited {
    Awaited(batch: number, end: end, round: rounds[Int(end.rawValue)])
  }

  /// Counts so many items that have gone from one status to another; nil: they were not there, or are not.
  mutating func move(_ before: Status?, to after: Status?, times: UInt64 = 1) {
    // A count that would fall below zero stays there: the audit shows the contradiction.
    if let before { counts[before] -= min(times, counts[before]) }
    if let after { counts[after] &+= times }
  }
}

/// The batches that a transaction changes.
struct BatchCache {
  struct Entry {
    var record: BatchRecord
    /// To which ends it had come when that was looked at last, by ``BatchEnd/rawValue``.
    var wasOver: [Bool]
    /// Whether it was removed.
    var isGone = false

    init(_ record: BatchRecord) {
      self.record = record
      wasOver = BatchEnd.allCases.map { record.isOver($0) }
    }
  }

  var entries: [UInt32: Entry] = [:]
}
