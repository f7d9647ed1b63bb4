import QueueCore

/// An end as `results` keeps it, but for the result, which comes last; the layout is in ``Format``.
struct EndRecord {
  private static let withoutResult: UInt8 = 255

  /// The item, in the queue of the end.
  var rank: UInt64
  var status: Status
  /// What the result is; nil: nothing was collected.
  var form: ItemResult.Form?

  init(rank: UInt64, status: Status, form: ItemResult.Form?) {
    (self.rank, self.status, self.form) = (rank, status, form)
  }

  init(from reader: inout RecordReader) throws(StoreError) {
    rank = try reader.uint64()
    let status = try reader.byte()
    let form = try reader.byte()
    self.form = ItemResult.Form(rawValue: form)
    guard status < 2, form == Self.withoutResult || self.form != nil else {
      throw StoreError.unsound("an end is none")
    }
    self.status = status == 0 ? .done : .failed
  }

  func write(to writer: inout RecordWriter) {
    writer.put(rank)
    writer.put(status == .done ? 0 : 1 as UInt8)
    writer.put(form?.rawValue ?? Self.withoutResult)
  }
}

/// The key of `results`: queue, number of the end.
struct EndKey: Equatable {
  var queue: UInt32
  var number: UInt64

  init(queue: UInt32, number: UInt64) { (self.queue, self.number) = (queue, number) }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = RecordReader(bytes)
    (queue, number) = (try reader.uint32(), try reader.uint64())
    guard reader.isAtEnd, 1..<Format.numbersEnd ~= number else {
      throw StoreError.unsound("an end has a number that was never given")
    }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { space in
      space.storeBytes(of: queue.bigEndian, as: UInt32.self)
      space.storeBytes(of: number.bigEndian, toByteOffset: 4, as: UInt64.self)
      return try body(UnsafeRawBufferPointer(space))
    }
  }
}

/// The key of `readers`: queue, name.
enum ReaderKey {
  static func bytes(_ queue: UInt32, _ name: String) -> [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init) + Array(name.utf8)
  }
}
