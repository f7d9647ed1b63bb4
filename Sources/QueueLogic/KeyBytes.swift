import QueueCore

/// Lends keys as the bytes of ``Format``, without allocating.
extension ItemKey {
  /// The 12 bytes of the key.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let words = (
      queue.bigEndian, UInt32(truncatingIfNeeded: rank >> 32).bigEndian,
      UInt32(truncatingIfNeeded: rank).bigEndian
    )
    return try withUnsafeBytes(of: words, body)
  }

  /// The key that 12 bytes spell.
  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == Self.length else { throw StoreError.unsound("a key is not 12 bytes") }
    self.init(
      queue: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)),
      rank: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self)))
  }
}

/// The key of `leases`: moment, token.
struct LeaseKey: Equatable {
  var until: Timestamp
  var token: UInt64

  static let length = 16
  /// Before every other.
  static let first = LeaseKey(until: Timestamp(microseconds: 0), token: 0)

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeBytes(
      of: (UInt64(bitPattern: until.microseconds).bigEndian, token.bigEndian), body)
  }

  /// Times before 1970 do not occur; as unsigned numbers the others sort as they should.
  init(until: Timestamp, token: UInt64) {
    self.until = max(until, Timestamp(microseconds: 0))
    self.token = token
  }

  /// The key of what a lease holds; nil of what a worker does.
  init?(_ hold: Hold) {
    guard let end = hold.leaseEnd else { return nil }
    self.init(until: end, token: hold.token)
  }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == Self.length else {
      throw StoreError.unsound("a lease's key is not 16 bytes")
    }
    var reader = RecordReader(bytes)
    until = try reader.time()
    token = try reader.uint64()
  }
}

/// The key of `due`: queue, moment, rank.
struct DueKey {
  var queue: UInt32
  var until: Timestamp
  var rank: UInt64

  static let length = 20

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // Times before 1970 do not occur; as unsigned numbers the others sort as they should.
    let time = UInt64(bitPattern: max(until.microseconds, 0))
    let words = (
      queue.bigEndian, UInt32(truncatingIfNeeded: time >> 32).bigEndian,
      UInt32(truncatingIfNeeded: time).bigEndian, UInt32(truncatingIfNeeded: rank >> 32).bigEndian,
      UInt32(truncatingIfNeeded: rank).bigEndian
    )
    return try withUnsafeBytes(of: words, body)
  }

  init(queue: UInt32, until: Timestamp, rank: UInt64) {
    self.queue = queue
    self.until = until
    self.rank = rank
  }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == Self.length else {
      throw StoreError.unsound("a due key is not 20 bytes")
    }
    var reader = RecordReader(bytes)
    queue = try reader.uint32()
    until = try reader.time()
    rank = try reader.uint64()
  }
}
