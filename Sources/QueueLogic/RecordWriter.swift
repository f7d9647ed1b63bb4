import QueueCore

/// Builds one record; kept and used again, so that writing a record allocates nothing.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 2_048) { bytes.reserveCapacity(capacity) }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  mutating func put(_ byte: UInt8) { bytes.append(byte) }

  mutating func put(_ value: UInt32) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ time: Timestamp) { put(UInt64(bitPattern: time.microseconds)) }

  mutating func put(varint value: UInt64) {
    var left = value
    while left >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: left))
  }

  mutating func put(zigzag value: Int64) {
    put(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func put(raw more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  mutating func put(counted more: some Collection<UInt8>) {
    put(varint: UInt64(more.count))
    bytes.append(contentsOf: more)
  }
}
