import QueueCore

/// The keys of `batches` and `batch-names`.
enum BatchKey {
  /// The key under which the number of a name stands.
  static func entry(of name: BatchName) -> [UInt8] { [1] + name.bytes }

  /// The key under which the name of a number stands.
  static func entry(of number: UInt32) -> [UInt8] {
    [0] + withUnsafeBytes(of: number.bigEndian, Array.init)
  }

  /// A key of `batch-names` in its parts: that of a number, or that of a name.
  static func parts(_ entry: [UInt8]) -> (number: UInt32?, name: BatchName?)? {
    switch entry.first {
    case 0 where entry.count == 5: (entry[1...].reduce(0) { $0 << 8 | UInt32($1) }, nil)
    case 1: BatchName(entry[1...]).map { (nil, $0) }
    default: nil
    }
  }
}

/// The key of `awaiting`: queue, what is awaited, rank.
struct AwaitingKey: Equatable {
  static let length = 21

  var queue: UInt32
  var awaited: Awaited
  var rank: UInt64

  init(_ key: ItemKey, _ awaited: Awaited) {
    (queue, self.awaited, rank) = (key.queue, awaited, key.rank)
  }

  init(queue: UInt32, _ awaited: Awaited, rank: UInt64 = 0) {
    (self.queue, self.awaited, self.rank) = (queue, awaited, rank)
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) { space in
      space.storeBytes(of: queue.bigEndian, as: UInt32.self)
      space.storeBytes(of: awaited.batch.bigEndian, toByteOffset: 4, as: UInt32.self)
      space[8] = awaited.end.rawValue
      space.storeBytes(of: awaited.round.bigEndian, toByteOffset: 9, as: UInt32.self)
      space.storeBytes(of: rank.bigEndian, toByteOffset: 13, as: UInt64.self)
      return try body(UnsafeRawBufferPointer(space))
    }
  }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == Self.length else {
      throw StoreError.unsound("a key of awaiting is not \(Self.length) bytes")
    }
    var reader = RecordReader(bytes)
    queue = try reader.uint32()
    awaited = try reader.awaited()
    rank = try reader.uint64()
  }

  /// The item.
  var key: ItemKey { ItemKey(queue: queue, rank: rank) }
}

/// That those go on who await an end of a batch: its key in `meta`, there until all of them do.
struct Release: Hashable {
  var awaited: Awaited

  init(_ awaited: Awaited) { self.awaited = awaited }

  /// nil: the key is of something else.
  init?(key: [UInt8]) {
    guard key.starts(with: Format.releases), key.count == Format.releases.count + 9 else {
      return nil
    }
    let found = withBytes(Array(key[Format.releases.count...])) { bytes in
      var reader = RecordReader(bytes)
      return try? reader.awaited()
    }
    guard let found else { return nil }
    awaited = found
  }

  var key: [UInt8] {
    Format.releases + withUnsafeBytes(of: awaited.batch.bigEndian, Array.init)
      + [awaited.end.rawValue] + withUnsafeBytes(of: awaited.round.bigEndian, Array.init)
  }
}

extension RecordReader {
  /// What is awaited, as it stands in keys.
  mutating func awaited() throws(StoreError) -> Awaited {
    let batch = try uint32()
    guard let end = BatchEnd(rawValue: try byte()) else {
      throw StoreError.unsound("an item awaits what no batch comes to")
    }
    return Awaited(batch: batch, end: end, round: try uint32())
  }
}
