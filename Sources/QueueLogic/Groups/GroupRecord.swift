import OrderedStore
import QueueCore

/// A group as `groups` keeps it; the layout is in ``Format``.
struct GroupRecord: Equatable {
  let key: GroupKey
  /// Empty: the items without a group.
  var name: [UInt8]
  /// nil: nothing of it is pending.
  var place: GroupPlace?
  /// Its items in each status; nothing else is counted.
  var counts = Counts()
  /// Runs of removed items that have not ended as far as is known.
  var revoked: UInt64 = 0
  var settings = GroupSettings()
  var restUntil: Timestamp?
  /// What its rate goes on from.
  var nextStart: Timestamp?

  init(_ key: GroupKey, name: [UInt8]) { (self.key, self.name) = (key, name) }

  init(_ key: GroupKey, from reader: inout RecordReader) throws(StoreError) {
    self.key = key
    place = try reader.place()
    for status in Status.allCases { counts[status] = try reader.varint() }
    revoked = try reader.varint()
    let isSet = try reader.byte()
    if isSet & 1 != 0 { settings.limit = UInt32(clamping: try reader.varint()) }
    if isSet & 2 != 0 { settings.rate = try reader.rate() }
    if isSet & 4 != 0 { restUntil = try reader.time() }
    if isSet & 8 != 0 { nextStart = try reader.time() }
    name = try reader.rest()
  }

  func write(to writer: inout RecordWriter) {
    if let place { writer.put(place) } else { writer.put(0 as UInt8) }
    for status in Status.allCases { writer.put(varint: counts[status]) }
    writer.put(varint: revoked)
    let isSet: [Bool] = [
      settings.limit != nil, settings.rate != nil, restUntil != nil, nextStart != nil,
    ]
    writer.put(isSet.enumerated().reduce(0 as UInt8) { $0 | ($1.element ? 1 << $1.offset : 0) })
    if let limit = settings.limit { writer.put(varint: UInt64(limit)) }
    if let rate = settings.rate { writer.put(rate) }
    if let restUntil { writer.put(restUntil) }
    if let nextStart { writer.put(nextStart) }
    writer.put(raw: name)
  }

  /// The group as others see it.
  var summary: GroupSummary {
    GroupSummary(
      number: key.number, name: name.isEmpty ? nil : GroupName(unchecked: name), counts: counts,
      running: counts.processing &+ revoked, settings: settings, restUntil: restUntil,
      nextStart: nextStart)
  }

  /// Counts so many items that have gone from one status to another; nil: they were not there, or are not.
  mutating func move(_ before: Status?, to after: Status?, times: UInt64 = 1) {
    // A count that would fall below zero stays there: the audit shows the contradiction.
    if let before { counts[before] -= min(times, counts[before]) }
    if let after { counts[after] &+= times }
  }

  /// Whether nothing would be lost with it: no item, nothing that is set, nothing that it waits for.
  func isForgettable(_ queue: QueueSettings, now: Timestamp) -> Bool {
    key.number != 0 && counts.total == 0 && revoked == 0 && settings == GroupSettings()
      && summary.opening(queue, now: now) == nil
  }
}

/// What a queue keeps once it has had a group.
struct Grouping: Equatable {
  /// Items of this sequence or a later one are in `grouped` while they are pending. Those before have no
  /// group, and stand in `pending` alone.
  var since: UInt64
  var nextGroup: UInt32 = 1
  var nextTurn: UInt64 = 1
}

extension StoreReading {
  /// A group; nil when there is none of that number.
  func group(_ key: GroupKey) throws -> GroupRecord? {
    try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .groups) else { return nil }
      var reader = RecordReader(value)
      return try GroupRecord(key, from: &reader)
    }
  }

  /// The number of a group; nil when the queue has none of that name.
  func groupNumber(of name: GroupName, in queue: UInt32) throws -> UInt32? {
    guard has(.groupNames) else { return nil }
    return try withBytes(GroupKey.bytes(of: name.bytes, in: queue)) { key in
      guard let value = try transaction.value(for: key, in: .groupNames) else { return nil }
      var reader = RecordReader(value)
      return try reader.uint32()
    }
  }

  /// The name of an item's group; nil when it has none.
  func groupName(of tally: Tally, in queue: UInt32) throws -> GroupName? {
    guard tally.group != 0 else { return nil }
    guard let group = try group(GroupKey(queue: queue, number: tally.group)) else {
      throw StoreError.unsound("an item's group is not there")
    }
    return GroupName(unchecked: group.name)
  }

  /// Visits the groups of a queue, from a number on, in the order of their numbers until `visit` says false.
  func walkGroups(
    of queue: UInt32, from number: UInt32 = 0, _ visit: (GroupRecord) throws -> Bool
  ) throws {
    guard has(.groups) else { return }
    try GroupKey(queue: queue, number: number).withBytes { bytes in
      try transaction.scan(.groups, from: bytes) { bytes, value in
        let key = try GroupKey(bytes: bytes)
        guard key.queue == queue else { return false }
        var reader = RecordReader(value)
        return try visit(try GroupRecord(key, from: &reader))
      }
    }
  }

  /// Visits the turns of a kind, from the first or after one, in their order until `visit` says false.
  func walkTurns(
    of queue: UInt32, _ kind: UInt8, after: TurnKey? = nil, _ visit: (TurnKey) throws -> Bool
  ) throws {
    let prefix = TurnKey.prefix(queue, kind)
    let start = after?.bytes ?? prefix
    try withBytes(start) { bytes in
      try transaction.scan(.turns, from: bytes) { key, _ in
        guard key.starts(with: prefix) else { return false }
        let turn = try TurnKey(bytes: key)
        return turn == after ? true : try visit(turn)
      }
    }
  }

  /// Whose turn it is; nil when the queue never had a group.
  func turns(of queue: QueueRecord) throws -> GroupTurns? {
    guard queue.grouping != nil else { return nil }
    var turns = GroupTurns(isReady: false, next: nil)
    try walkTurns(of: queue.number, 1) { _ in
      turns.isReady = true
      return false
    }
    try walkTurns(of: queue.number, 2) { turn in
      if case .resting(let until) = turn.place { turns.next = until }
      return false
    }
    return turns
  }

  /// The first pending item of a group whose rank is this one or a later one.
  func firstPending(
    of group: GroupKey, from rank: UInt64 = 0, since: UInt64
  ) throws -> UInt64? {
    let grouped: UInt64? = try GroupedKey(group, rank: rank).withBytes { bytes in
      try transaction.first(in: .grouped, from: bytes) { bytes, _ in
        let found = try GroupedKey(bytes: bytes)
        return found.group == group ? found.rank : nil
      } ?? nil
    }
    guard group.number == 0, let ungrouped = try firstUngrouped(of: group.queue, rank, since) else {
      return grouped
    }
    return min(ungrouped, grouped ?? ungrouped)
  }

  /// The first pending item from before the queue had groups: those are the first of each priority.
  private func firstUngrouped(
    of queue: UInt32, _ rank: UInt64, _ since: UInt64
  ) throws -> UInt64? {
    var start = ItemKey(queue: queue, rank: rank)
    while true {
      let found = try start.withBytes { bytes in
        try transaction.first(in: .pending, from: bytes) { key, _ in try ItemKey(bytes: key) }
      }
      guard let found, found.queue == queue else { return nil }
      if found.sequence < since { return found.rank }
      guard found.priority < .max else { return nil }
      start = ItemKey(queue: queue, priority: found.priority + 1, sequence: 0)
    }
  }
}
