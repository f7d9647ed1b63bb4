import QueueCore

/// Reads one record; a record that is shorter than it says, or says something impossible, is unsound.
struct RecordReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// A reader of bytes that stay valid while it is used.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  private mutating func take(_ count: Int) throws(StoreError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else {
      throw StoreError.unsound("a record is cut short")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func byte() throws(StoreError) -> UInt8 { try take(1)[0] }

  mutating func uint32() throws(StoreError) -> UInt32 {
    UInt32(bigEndian: try take(4).loadUnaligned(as: UInt32.self))
  }

  mutating func uint64() throws(StoreError) -> UInt64 {
    UInt64(bigEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  mutating func time() throws(StoreError) -> Timestamp {
    Timestamp(microseconds: Int64(bitPattern: try uint64()))
  }

  mutating func varint() throws(StoreError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let next = try byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
    throw StoreError.unsound("a number is too long")
  }

  mutating func zigzag() throws(StoreError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func counted() throws(StoreError) -> [UInt8] {
    let count = try varint()
    guard count <= UInt64(bytes.count) else { throw StoreError.unsound("a length is too large") }
    return Array(try take(Int(count)))
  }

  /// What is before the next NUL, which is passed, or all that is left.
  mutating func terminated() throws(StoreError) -> [UInt8] {
    let count = bytes[position...].firstIndex(of: 0).map { $0 - position }
    let found = Array(try take(count ?? bytes.count - position))
    if count != nil { position += 1 }
    return found
  }

  mutating func rest() throws(StoreError) -> [UInt8] { Array(try take(bytes.count - position)) }
}
