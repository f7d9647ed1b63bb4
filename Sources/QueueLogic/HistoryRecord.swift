import OrderedStore
import QueueCore

/// A minute of a queue as `history` keeps it; the layout is in ``Format``.
enum HistoryRecord {
  static func write(_ counts: MinuteCounts, to writer: inout RecordWriter) {
    writer.put(counts.firstEnd ?? Timestamp(microseconds: 0))
    writer.put(varint: counts.enqueued)
    writer.put(varint: counts.done)
    writer.put(varint: counts.failed)
    writer.put(varint: counts.retried)
  }

  static func read(
    minute: UInt32, from reader: inout RecordReader
  ) throws(StoreError) -> MinuteCounts {
    var counts = MinuteCounts(minute: minute)
    let firstEnd = try reader.time()
    counts.firstEnd = firstEnd.microseconds == 0 ? nil : firstEnd
    counts.enqueued = try reader.varint()
    counts.done = try reader.varint()
    counts.failed = try reader.varint()
    counts.retried = try reader.varint()
    return counts
  }
}

/// The key of `history`: queue, minute.
struct HistoryKey: Hashable {
  var queue: UInt32
  var minute: UInt32

  static let length = 8

  init(queue: UInt32, minute: UInt32) {
    self.queue = queue
    self.minute = minute
  }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == Self.length else {
      throw StoreError.unsound("a history key is not 8 bytes")
    }
    var reader = RecordReader(bytes)
    queue = try reader.uint32()
    minute = try reader.uint32()
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeBytes(of: (queue.bigEndian, minute.bigEndian), body)
  }
}

extension StoreReading {
  /// The minutes of a queue from `minute` on.
  func history(of queue: UInt32, from minute: UInt32) throws -> [MinuteCounts] {
    var minutes: [MinuteCounts] = []
    try HistoryKey(queue: queue, minute: minute).withBytes { bytes in
      try transaction.scan(.history, from: bytes) { key, value in
        let key = try HistoryKey(bytes: key)
        guard key.queue == queue else { return false }
        var reader = RecordReader(value)
        minutes.append(try HistoryRecord.read(minute: key.minute, from: &reader))
        return true
      }
    }
    return minutes
  }
}

extension MinuteCounts {
  func adding(_ other: MinuteCounts) -> MinuteCounts {
    var sum = self
    sum.enqueued += other.enqueued
    sum.done += other.done
    sum.failed += other.failed
    sum.retried += other.retried
    sum.firstEnd = [firstEnd, other.firstEnd].compactMap(\.self).min()
    return sum
  }
}
