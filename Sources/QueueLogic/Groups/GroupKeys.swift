import QueueCore

/// The key of `groups`: queue, number.
struct GroupKey: Hashable {
  var queue: UInt32
  var number: UInt32

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeBytes(of: (queue.bigEndian, number.bigEndian), body)
  }

  init(queue: UInt32, number: UInt32) { (self.queue, self.number) = (queue, number) }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == 8 else { throw StoreError.unsound("a group's key is not 8 bytes") }
    var reader = RecordReader(bytes)
    (queue, number) = (try reader.uint32(), try reader.uint32())
  }

  /// The key of `group-names`.
  static func bytes(of name: [UInt8], in queue: UInt32) -> [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init) + name
  }
}

/// The key of `grouped`: queue, group, rank.
struct GroupedKey: Equatable {
  var group: GroupKey
  var rank: UInt64

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeBytes(
      of: (group.queue.bigEndian, group.number.bigEndian, rank.bigEndian), body)
  }

  init(_ group: GroupKey, rank: UInt64) { (self.group, self.rank) = (group, rank) }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard bytes.count == 16 else { throw StoreError.unsound("a key of grouped is not 16 bytes") }
    var reader = RecordReader(bytes)
    group = GroupKey(queue: try reader.uint32(), number: try reader.uint32())
    rank = try reader.uint64()
  }

  /// The item.
  var key: ItemKey { ItemKey(queue: group.queue, rank: rank) }
}

/// Where a group stands that has something pending.
enum GroupPlace: Hashable {
  /// It waits for its turn.
  case ready(priority: UInt8, turn: UInt64)
  /// Nothing of it is claimed before this moment.
  case resting(until: Timestamp)
  /// It has as many runs as it may.
  case full

  /// The byte that it begins with in `turns` and in `groups`; 0 stands for no place at all.
  var kind: UInt8 {
    switch self {
    case .ready: 1
    case .resting: 2
    case .full: 3
    }
  }

  var isReady: Bool { if case .ready = self { true } else { false } }
}

/// The key of `turns`: queue, the group's place, its number.
struct TurnKey: Equatable {
  var group: GroupKey
  var place: GroupPlace

  init(_ group: GroupKey, _ place: GroupPlace) { (self.group, self.place) = (group, place) }

  var bytes: [UInt8] {
    var writer = RecordWriter(capacity: 32)
    writer.put(group.queue)
    writer.put(place)
    writer.put(group.number)
    return writer.bytes
  }

  init(bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = RecordReader(bytes)
    let queue = try reader.uint32()
    guard let place = try reader.place() else {
      throw StoreError.unsound("a group has a turn that is none")
    }
    self.place = place
    group = GroupKey(queue: queue, number: try reader.uint32())
    guard reader.isAtEnd else { throw StoreError.unsound("a group has a turn that is none") }
  }

  /// What the turns of a kind begin with.
  static func prefix(_ queue: UInt32, _ kind: UInt8) -> [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init) + [kind]
  }
}

extension RecordWriter {
  /// A place, as it stands in `turns` and in `groups`.
  mutating func put(_ place: GroupPlace) {
    put(place.kind)
    switch place {
    case .ready(let priority, let turn):
      put(priority)
      put(turn)
    case .resting(let until): put(max(until, Timestamp(microseconds: 0)))
    case .full: break
    }
  }
}

extension RecordReader {
  mutating func place() throws(StoreError) -> GroupPlace? {
    switch try byte() {
    case 0: return nil
    case 1: return .ready(priority: try byte(), turn: try uint64())
    case 2: return .resting(until: try time())
    case 3: return .full
    default: throw StoreError.unsound("a group stands in no place that there is")
    }
  }
}
