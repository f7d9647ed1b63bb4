import OrderedStore
import QueueCore

/// What can be read of groups.
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
    return try withBytes(GroupKey.entry(of: name, in: queue)) { key in
      guard let value = try transaction.value(for: key, in: .groupNames) else { return nil }
      var reader = RecordReader(value)
      return try reader.uint32()
    }
  }

  /// The name of an item's group; nil when it has none.
  func groupName(of tally: Tally, in queue: UInt32) throws -> GroupName? {
    guard tally.group != 0 else { return nil }
    return try name(of: GroupKey(queue: queue, number: tally.group))
  }

  /// The name of a group; nil for the items without one.
  func name(of group: GroupKey) throws -> GroupName? {
    guard group.number != 0 else { return nil }
    guard let name = try transaction.bytes(for: group.nameEntry, in: .groupNames) else {
      throw StoreError.unsound("group \(group.number) of queue \(group.queue) has no name")
    }
    return GroupName(unchecked: name)
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
    let start = after?.withBytes(Array.init) ?? prefix
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
    var grouped: UInt64?
    try GroupedKey(group, rank: rank).withBytes { bytes in
      try transaction.scan(.grouped, from: bytes) { bytes, _ in
        let found = try GroupedKey(bytes: bytes)
        if found.group == group { grouped = found.rank }
        return false
      }
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
