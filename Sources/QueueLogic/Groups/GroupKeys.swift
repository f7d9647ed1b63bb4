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

  static func == (left: GroupKey, right: GroupKey) -> Bool { left.both == right.both }
  func hash(into hasher: inout Hasher) { hasher.combine(both) }
  private var both: UInt64 { UInt64(queue) << 32 | UInt64(number) }

  /// A number whose last bits differ between most groups, whichever numbers of a row they have.
  var scattered: Int { Int(truncatingIfNeeded: both &* 0x9E37_79B9_7F4A_7C15 >> 32) }

  // MARK: group-names

  /// The key under which the number of a name stands.
  static func entry(of name: GroupName, in queue: UInt32) -> [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init) + [1] + name.bytes
  }

  /// The key under which the name of a number stands.
  var nameEntry: [UInt8] {
    withUnsafeBytes(of: queue.bigEndian, Array.init) + [0]
      + withUnsafeBytes(of: number.bigEndian, Array.init)
  }

  /// A key of `group-names` in its parts: that of a number, or that of a name.
  static func parts(
    _ entry: [UInt8]
  ) -> (queue: UInt32, number: UInt32?, name: GroupName?)? {
    guard entry.count > 5 else { return nil }
    let queue = entry[..<4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    let rest = entry[5...]
    switch entry[4] {
    case 0 where rest.count == 4: return (queue, rest.reduce(0) { $0 << 8 | UInt32($1) }, nil)
    case 1: return GroupName(rest).map { (queue, nil, $0) }
    default: return nil
    }
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

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeTemporaryAllocation(byteCount: 18, alignment: 8) { space in
      space.storeBytes(of: group.queue.bigEndian, as: UInt32.self)
      space[4] = place.kind
      var end = 5
      switch place {
      case .ready(let priority, let turn):
        space[5] = priority
        space.storeBytes(of: turn.bigEndian, toByteOffset: 6, as: UInt64.self)
        end = 14
      case .resting(let until):
        let time = UInt64(bitPattern: max(until.microseconds, 0))
        space.storeBytes(of: time.bigEndian, toByteOffset: 5, as: UInt64.self)
        end = 13
      case .full: break
      }
      space.storeBytes(of: group.number.bigEndian, toByteOffset: end, as: UInt32.self)
      return try body(UnsafeRawBufferPointer(rebasing: space[..<(end + 4)]))
    }
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
