import OrderedStore
import QueueCore

/// Groups: what each counts follows from the items, and where it stands from that.
extension Repairer {
  /// Notes an item that is there, and its group.
  mutating func noteGroup(of key: ItemKey, _ state: ItemState) {
    let number = state.tally.group
    let group = GroupKey(queue: key.queue, number: number)
    groups[key.queue, default: [:]][group, default: StatusCounts()][state.status] += 1
    guard number != 0 else { return }
    let first = firstGrouped[key.queue] ?? .max
    firstGrouped[key.queue] = min(first, key.sequence)
  }

  /// Makes the groups of every queue what the items say.
  mutating func repairGroups(_ session: inout WriteSession) throws {
    let records = try groupRecords(&session)
    for run in try session.revoked() { revoked[run.group, default: 0] += 1 }
    for queue in queues.sorted() { try repairGroups(of: queue, records[queue] ?? [:], &session) }
    try repairGroupNames(&session)
    try repairGrouped(&session)
    try removeStrayTurns(&session)
    for queue in queues.sorted() { try repairPlaces(of: queue, &session) }
  }

  /// The groups whose records can be read, by queue; the others are removed, to be made again.
  private mutating func groupRecords(
    _ session: inout WriteSession
  ) throws -> [UInt32: [GroupKey: GroupRecord]] {
    var records: [UInt32: [GroupKey: GroupRecord]] = [:]
    try session.forEachKey(in: .groups) { session, bytes in
      if let key = try? withBytes(bytes, { try GroupKey(bytes: $0) }), queues.contains(key.queue),
        key.number < Format.groupsEnd,
        let record = try? session.reading.group(key)
      {
        records[key.queue, default: [:]][key] = record
        return
      }
      try remove(bytes, from: .groups, session)
      repairs.note("groups had a record that means nothing: removed")
    }
    return records
  }

  private mutating func repairGroups(
    of queue: UInt32, _ known: [GroupKey: GroupRecord], _ session: inout WriteSession
  ) throws {
    let record = try session.queue(queue)
    let there = groups[queue] ?? [:]
    let numbers = Set(known.keys).union(there.keys.filter { $0.number != 0 })
    guard record.grouping != nil || !numbers.isEmpty else { return }
    var grouping = record.grouping ?? Grouping(since: 1)
    grouping.since = min(grouping.since, firstGrouped[queue] ?? .max, record.nextSequence)
    let highest = numbers.map(\.number).max() ?? 0
    grouping.nextGroup = max(grouping.nextGroup, highest + 1)
    // A turn far away from what was given is damage, and none to go on from.
    let turns = known.values.compactMap { group -> UInt64? in
      if case .ready(_, let turn)? = group.place, turn < Format.numbersEnd - 1 {
        turn + 1
      } else {
        nil
      }
    }
    grouping.nextTurn = max(grouping.nextTurn, turns.max() ?? 1)
    if grouping != record.grouping {
      try session.update(queue) { $0.grouping = grouping }
      repairs.note("queue \(record.name) did not know of its groups: it does again")
    }
    for key in numbers.union([GroupKey(queue: queue, number: 0)]).sorted(by: {
      $0.number < $1.number
    }) {
      var group = known[key] ?? GroupRecord(key)
      let seen = there[key] ?? StatusCounts()
      let runs = revoked[key] ?? 0
      let isRight = group.revoked == runs && group.counts == seen
      if known[key] == nil {
        repairs.note("group \(key.number) of queue \(record.name) had no record: made again")
      } else if !isRight {
        repairs.note("group \(key.number) of queue \(record.name) counted wrong")
      }
      guard known[key] == nil || !isRight else { continue }
      (group.counts, group.revoked) = (seen, runs)
      session.replace(group)
    }
  }

  /// Gives every group the name that its number has, else the one that leads to its number, else a new one.
  private mutating func repairGroupNames(_ session: inout WriteSession) throws {
    // Numbers by names that lead to them: what both say holds, and then what is left.
    var (byNumber, byName): ([GroupKey: GroupName], [GroupKey: GroupName]) = ([:], [:])
    try session.forEachKey(in: .groupNames) { session, bytes in
      let value = try session.transaction.bytes(for: bytes, in: .groupNames) ?? []
      if let parts = GroupKey.parts(bytes), queues.contains(parts.queue) {
        if let number = parts.number, let name = GroupName(value) {
          let key = GroupKey(queue: parts.queue, number: number)
          if (try? session.group(key)) != nil { return byNumber[key] = name }
        } else if let name = parts.name, value.count == 4 {
          let number = value.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
          let key = GroupKey(queue: parts.queue, number: number)
          if number != 0, (try? session.group(key)) != nil { return byName[key] = name }
        }
      }
      try remove(bytes, from: .groupNames, session)
      repairs.note("group-names had an entry that means nothing: removed")
    }
    for queue in queues.sorted() {
      let keys = try session.allGroups(of: queue).map(\.key).filter { $0.number != 0 }
      let agreed = keys.filter { byNumber[$0] != nil && byNumber[$0] == byName[$0] }
      var taken = Set(agreed.compactMap { byNumber[$0] })
      for key in keys where byNumber[key] == nil || byNumber[key] != byName[key] {
        let fallback = GroupName(unchecked: Array("recovered-\(key.number)".utf8))
        let free = [byNumber[key], byName[key]].compactMap(\.self).first { !taken.contains($0) }
        let name = free ?? fallback
        if let old = byName[key], old != name, !taken.contains(old) {
          try remove(GroupKey.entry(of: old, in: queue), from: .groupNames, session)
        }
        taken.insert(name)
        try session.enter(key, as: name)
        repairs.note("group \(key.number) had lost its name, or was not found by it: named")
      }
    }
    // Another name may have led to the same group.
    try session.forEachKey(in: .groupNames) { session, bytes in
      guard let parts = GroupKey.parts(bytes), let name = parts.name,
        let number = try session.reading.groupNumber(of: name, in: parts.queue),
        try session.reading.name(of: GroupKey(queue: parts.queue, number: number)) != name
      else { return }
      try remove(bytes, from: .groupNames, session)
      repairs.note("group-names had an entry that means nothing: removed")
    }
  }

  /// Makes `grouped` what is pending.
  private mutating func repairGrouped(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .grouped) { session, bytes in
      if let entry = try? withBytes(bytes, { try GroupedKey(bytes: $0) }),
        queues.contains(entry.group.queue),
        let grouping = try session.queue(entry.group.queue).grouping,
        entry.key.sequence >= grouping.since,
        let state = try session.reading.state(of: entry.key, in: .pending),
        state.tally.group == entry.group.number
      {
        return
      }
      try remove(bytes, from: .grouped, session)
      repairs.note("grouped had an entry that belongs to no pending item of a group: removed")
    }
    try session.forEachKey(in: .pending) { session, bytes in
      let key = try withBytes(bytes) { try ItemKey(bytes: $0) }
      guard let grouping = try session.queue(key.queue).grouping, key.sequence >= grouping.since,
        let state = try session.reading.state(of: key, in: .pending)
      else { return }
      let group = GroupKey(queue: key.queue, number: state.tally.group)
      let entry = GroupedKey(group, rank: key.rank).withBytes(Array.init)
      guard try session.transaction.bytes(for: entry, in: .grouped) == nil else { return }
      try session.transaction.put([], for: entry, in: .grouped)
      repairs.note("\(Self.name(key)) was pending without an entry in grouped: entered")
    }
  }

  /// Where one group of a queue does not stand where it belongs all of them are given new turns.
  private mutating func repairPlaces(of queue: UInt32, _ session: inout WriteSession) throws {
    let record = try session.queue(queue)
    guard record.grouping != nil else { return }
    let all = try session.allGroups(of: queue)
    let isWrong = try all.contains {
      try session.reading.misplacement(of: $0, record) != nil
    }
    guard isWrong else { return }
    for var group in all {
      if let place = group.place {
        _ = try TurnKey(group.key, place).withBytes {
          try session.transaction.delete($0, in: .turns)
        }
      }
      group.place = nil
      session.replace(group)
      try session.update(group.key, isFirstNew: true) { _ in }
    }
    try session.placeGroups()
    repairs.note("the groups of queue \(record.name) had lost their turns: given anew")
  }

  private mutating func removeStrayTurns(_ session: inout WriteSession) throws {
    try session.forEachKey(in: .turns) { session, bytes in
      if let turn = try? withBytes(bytes, { try TurnKey(bytes: $0) }),
        queues.contains(turn.group.queue), (try? session.group(turn.group))?.place == turn.place
      {
        return
      }
      try remove(bytes, from: .turns, session)
      repairs.note("turns had an entry that belongs to no group: removed")
    }
  }
}
