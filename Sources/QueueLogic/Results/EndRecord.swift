import QueueCore

/// The end of an item as `results` keeps it; the layout is in ``Format``.
struct EndRecord {
  static let withoutResult: UInt8 = 255

  var number: UInt64
  var status: Status

  /// Reads it up to the form; the result is what is left.
  static func read(
    _ reader: inout RecordReader
  ) throws(StoreError) -> (end: EndRecord, form: ItemResult.Form?) {
    let number = try reader.varint()
    let status = try reader.byte()
    let form = try reader.byte()
    guard status < 2, number > 0, number < Format.numbersEnd,
      form == withoutResult || ItemResult.Form(rawValue: form) != nil
    else { throw StoreError.unsound("an end is none") }
    return (
      EndRecord(number: number, status: status == 0 ? .done : .failed),
      ItemResult.Form(rawValue: form)
    )
  }

  func write(_ result: ItemResult?, to writer: inout RecordWriter) {
    writer.put(varint: number)
    writer.put(status == .done ? 0 : 1 as UInt8)
    writer.put(result?.form.rawValue ?? Self.withoutResult)
    if let result { writer.put(raw: result.bytes) }
  }
}

/// The key of `ends`: queue, number.
struct EndKey: Equatable {
  var queue: UInt32
  var number: UInt64

  init(queue: UInt32, number: UInt64) { (self.queue, self.number) = (queue, number) }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = RecordReader(bytes)
    (queue, number) = (try reader.uint32(), try reader.uint64())
    guard reader.isAtEnd else { throw StoreError.unsound("a key of ends is not 12 bytes") }
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
