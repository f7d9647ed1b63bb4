import OrderedStore
import QueueCore

/// `ids`: which item has an id, or that one had it which was pruned. Ids of up to 506 bytes are their own key; a
/// longer one's key is made of its beginning and a hash, and the whole id, in `items` or in the entry, decides.
struct IDIndex {
  let reading: StoreReading
  /// Names a long id, under the key given; a test may make ids collide.
  var hash: (UnsafeRawBufferPointer, (UInt64, UInt64)) -> (UInt64, UInt64) = {
    SipHash.hash($0, key: $1)
  }

  /// What an id is known of.
  enum Known: Equatable {
    case item(ItemKey)
    case pruned(PrunedID)
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
  func find(_ id: UnsafeRawBufferPointer, in queue: UInt32) throws -> ItemKey? {
    guard case .item(let key)? = try look(for: id, in: queue)?.known else { return nil }
    return key
  }

  /// What is known of an id, and which of its keys that stands under.
  func look(
    for id: UnsafeRawBufferPointer, in queue: UInt32
  ) throws -> (known: Known, probe: UInt8)? {
    for probe in UInt8.min...UInt8.max {
      let known = try withKey(queue, id, probe: probe) { key in
        try reading.transaction.value(for: key, in: .ids).map { try Self.known($0, queue) }
      }
      guard let known else { return nil }
      if try id.count <= Format.longestDirectID || isID(id, of: known) { return (known, probe) }
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

  /// Enters an id unless it is known; nil when it is new, else what it is known of. `append`: it sorts after
  /// every other.
  func insert(
    _ id: UnsafeRawBufferPointer, _ key: ItemKey, append: Bool,
    into transaction: any OrderedWriting
  ) throws -> Known? {
    try withUnsafeBytes(of: key.rank.bigEndian) {
      try insert(id, in: key.queue, $0, append: append, into: transaction)
    }
  }

  /// Enters an id of which nothing else is known than this, unless something is; nil when it is new.
  func insert(
    _ id: UnsafeRawBufferPointer, in queue: UInt32, pruned: PrunedID,
    into transaction: any OrderedWriting
  ) throws -> Known? {
    let bytes = pruned.bytes(of: id)
    return try bytes.withUnsafeBytes {
      try insert(id, in: queue, $0, append: false, into: transaction)
    }
  }

  private func insert(
    _ id: UnsafeRawBufferPointer, in queue: UInt32, _ value: UnsafeRawBufferPointer, append: Bool,
    into transaction: any OrderedWriting
  ) throws -> Known? {
    for probe in UInt8.min...UInt8.max {
      let existing: Known? = try withKey(queue, id, probe: probe) { bytes in
        if append {
          try transaction.put(value, for: bytes, in: .ids, .last)
          return nil
        }
        return try transaction.insert(value, for: bytes, in: .ids).map { try Self.known($0, queue) }
      }
      guard let existing else { return nil }
      // The key of a long id is not the whole id.
      if try id.count <= Format.longestDirectID || isID(id, of: existing) { return existing }
    }
    throw StoreError(.limit, "an id collides with 256 others: it cannot be enqueued")
  }

  /// Has an id that is known lead to something else.
  func change(
    _ id: UnsafeRawBufferPointer, in queue: UInt32, from known: Known, to new: Known,
    _ transaction: any OrderedWriting
  ) throws {
    guard let found = try look(for: id, in: queue), found.known == known else {
      throw StoreError.unsound("an item's id is not in the index")
    }
    let value =
      switch new {
      case .item(let key): withUnsafeBytes(of: key.rank.bigEndian, Array.init)
      case .pruned(let pruned): pruned.bytes(of: id)
      }
    try withKey(queue, id, probe: found.probe) { bytes in
      try value.withUnsafeBytes { try transaction.put($0, for: bytes, in: .ids) }
    }
  }

  /// Removes an id. Long ids that had collided with it move up.
  func remove(
    _ id: UnsafeRawBufferPointer, in queue: UInt32, of known: Known,
    from transaction: any OrderedWriting
  ) throws {
    guard let found = try look(for: id, in: queue), found.known == known else {
      throw StoreError.unsound("an item's id is not in the index")
    }
    var hole = found.probe
    if id.count > Format.longestDirectID, hole < .max {
      for probe in hole + 1...UInt8.max {
        let next = try withKey(queue, id, probe: probe) {
          try transaction.value(for: $0, in: .ids).map(Array.init)
        }
        guard let next else { break }
        try withKey(queue, id, probe: hole) { key in
          try next.withUnsafeBytes { try transaction.put($0, for: key, in: .ids) }
        }
        hole = probe
      }
    }
    _ = try withKey(queue, id, probe: hole) { try transaction.delete($0, in: .ids) }
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

  /// Whether something is known of this long id.
  private func isID(_ id: UnsafeRawBufferPointer, of known: Known) throws -> Bool {
    switch known {
    case .pruned(let pruned): return pruned.longID.elementsEqual(id)
    case .item(let key):
      let item = try reading.record(of: key, withPayload: false)
      return item.map { $0.record.id.elementsEqual(id) } ?? false
    }
  }

  /// What an entry leads to.
  static func known(_ value: UnsafeRawBufferPointer, _ queue: UInt32) throws -> Known {
    if value.count == 8 {
      let rank = UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
      return .item(ItemKey(queue: queue, rank: rank))
    }
    var reader = RecordReader(value)
    return .pruned(try PrunedID(from: &reader))
  }
}
