import OrderedStore
import QueueCore

/// `ids`: which item has an id. Ids of up to 506 bytes are their own key; a longer one's key is made
/// of its beginning and a hash, and the whole id in `items` decides.
struct IDIndex {
  let reading: StoreReading
  /// Names a long id, under the key given; a test may make ids collide.
  var hash: (UnsafeRawBufferPointer, (UInt64, UInt64)) -> (UInt64, UInt64) = {
    SipHash.hash($0, key: $1)
  }

  /// Lends the key of an id; `probe` counts the collisions of long ids passed over.
  private func withKey<Result>(
    _ queue: UInt32, _ id: UnsafeRawBufferPointer, probe: UInt8,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withUnsafeTemporaryAllocation(byteCount: 511, alignment: 8) { space in
      withUnsafeBytes(of: queue.bigEndian) { space.copyMemory(from: $0) }
      guard id.count > Format.longestDirectID else {
        UnsafeMutableRawBufferPointer(rebasing: space[4...]).copyMemory(from: id)
        return try body(UnsafeRawBufferPointer(rebasing: space[..<(4 + id.count)]))
      }
      let prefix = UnsafeRawBufferPointer(rebasing: id[..<Format.longIDPrefix])
      UnsafeMutableRawBufferPointer(rebasing: space[4...]).copyMemory(from: prefix)
      let hash = hash(id, (reading.identity.number, 0))
      let end = 4 + Format.longIDPrefix
      space.storeBytes(of: hash.0.bigEndian, toByteOffset: end, as: UInt64.self)
      space.storeBytes(of: hash.1.bigEndian, toByteOffset: end + 8, as: UInt64.self)
      space[end + 16] = probe
      return try body(UnsafeRawBufferPointer(space))
    }
  }

  /// The key of the item with that id.
  func find(
    _ id: UnsafeRawBufferPointer, in queue: UInt32
  ) throws -> ItemKey? {
    for probe in UInt8.min...UInt8.max {
      let rank = try withKey(queue, id, probe: probe) { key in
        try reading.transaction.value(for: key, in: .ids).map(Self.rank)
      }
      guard let rank else { return nil }
      let key = ItemKey(queue: queue, rank: rank)
      if try id.count <= Format.longestDirectID || isID(id, of: key) { return key }
    }
    return nil
  }

  /// The key that an id has, unless it is long and collides with another.
  func key(of id: UnsafeRawBufferPointer, in queue: UInt32) -> [UInt8] {
    withKey(queue, id, probe: 0, Array.init)
  }

  /// Whether an entry's key is one that this id can have: that of the first probe.
  func isKey(_ entry: [UInt8], of id: UnsafeRawBufferPointer, in queue: UInt32) -> Bool {
    withKey(queue, id, probe: 0) { entry.elementsEqual($0) }
  }

  /// Enters an id unless it is there; false when it is. `append`: it sorts after every other.
  func insert(
    _ id: UnsafeRawBufferPointer, _ key: ItemKey, append: Bool,
    into transaction: any OrderedWriting
  ) throws -> Bool {
    try withUnsafeBytes(of: key.rank.bigEndian) { rank in
      for probe in UInt8.min...UInt8.max {
        let existing: UInt64? = try withKey(key.queue, id, probe: probe) { bytes in
          if append {
            try transaction.put(rank, for: bytes, in: .ids, append: true)
            return nil
          }
          return try transaction.insert(rank, for: bytes, in: .ids).map(Self.rank)
        }
        guard let existing else { return true }
        if id.count <= Format.longestDirectID { return false }
        // The key of a long id is not the whole id: the item tells.
        if try isID(id, of: ItemKey(queue: key.queue, rank: existing)) {
          return false
        }
      }
      throw StoreError(.limit, "an id collides with 256 others: it cannot be enqueued")
    }
  }

  /// Removes an id. Long ids that had collided with it move up.
  func remove(
    _ id: UnsafeRawBufferPointer, _ key: ItemKey, from transaction: any OrderedWriting
  ) throws {
    var hole: UInt8?
    for probe in UInt8.min...UInt8.max {
      let rank = try withKey(key.queue, id, probe: probe) { bytes in
        try transaction.value(for: bytes, in: .ids).map(Self.rank)
      }
      guard let rank else { break }
      if let gap = hole {
        try withKey(key.queue, id, probe: gap) { bytes in
          try withUnsafeBytes(of: rank.bigEndian) { value in
            try transaction.put(value, for: bytes, in: .ids)
          }
        }
        hole = probe
      } else if rank == key.rank {
        hole = probe
      }
      if id.count <= Format.longestDirectID { break }
    }
    guard let hole else { throw StoreError.unsound("an item's id is not in the index") }
    _ = try withKey(key.queue, id, probe: hole) { bytes in
      try transaction.delete(bytes, in: .ids)
    }
  }

  /// Whether an id sorts after every id of the store.
  func isBeyondAll(
    _ id: UnsafeRawBufferPointer, in queue: UInt32
  ) throws -> Bool {
    guard id.count <= Format.longestDirectID else { return false }
    return try withKey(queue, id, probe: 0) { bytes in
      try reading.transaction.first(in: .ids, from: bytes) { _, _ in } == nil
    }
  }

  private func isID(
    _ id: UnsafeRawBufferPointer, of key: ItemKey
  ) throws -> Bool {
    let item = try reading.record(of: key, withPayload: false)
    return item.map { $0.record.id.elementsEqual(id) } ?? false
  }

  private static func rank(_ value: UnsafeRawBufferPointer) throws -> UInt64 {
    guard value.count == 8 else { throw StoreError.unsound("an id's entry is not 8 bytes") }
    return UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
  }
}
