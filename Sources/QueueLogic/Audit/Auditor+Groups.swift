import OrderedStore
import QueueCore

/// The part that looks at groups: what each counts, and where it stands.
extension Auditor {
  /// Looks at one item of a queue that has groups, in this state.
  mutating func look(
    at key: ItemKey, in state: ItemState, _ grouping: Grouping, _ reading: StoreReading
  ) throws {
    let group = GroupKey(queue: key.queue, number: state.tally.group)
    groups[key.queue, default: [:]][group, default: StatusCounts()][state.status] += 1
    let isEntered = try GroupedKey(group, rank: key.rank).withBytes {
      try reading.transaction.contains($0, in: .grouped)
    }
    let isDue = state.status == .pending && key.sequence >= grouping.since
    if isDue { grouped += 1 }
    if isEntered != isDue {
      audit.note(
        isDue
          ? "\(Self.name(key)) is pending but has no entry in grouped"
          : "\(Self.name(key)) has an entry in grouped, but is none that is pending in its group")
    }
  }

  /// Looks at a queue's groups, all in one snapshot.
  mutating func lookAtGroups(of queue: QueueRecord, _ reading: StoreReading) throws {
    guard queue.grouping != nil else { return }
    var sums = Counts()
    var isAsSeen = true
    let seen = groups[queue.number] ?? [:]
    var revoked: [UInt32: UInt64] = [:]
    for run in try reading.revoked(of: queue.number) { revoked[run.group.number, default: 0] += 1 }
    var found: Set<UInt32> = []
    try reading.walkGroups(of: queue.number) { record in
      found.insert(record.key.number)
      let name = Self.name(record, queue)
      if record.key.number != 0 {
        named += 1
        let bytes = try reading.transaction.bytes(for: record.key.nameEntry, in: .groupNames)
        let found = try bytes.flatMap { GroupName($0) }.flatMap {
          try reading.groupNumber(of: $0, in: queue.number)
        }
        if bytes == nil { audit.note("\(name) has no name") }
        if bytes != nil, found != record.key.number {
          audit.note("\(name) is not found by its name")
        }
      }
      for status in Status.allCases { sums[status] &+= record.counts[status] }
      if record.place != nil { placed += 1 }
      if let what = try reading.misplacement(of: record, queue) { audit.note("\(name) \(what)") }
      if record.revoked != revoked[record.key.number] ?? 0 {
        audit.note("\(name) counts \(record.revoked) runs of removed items that are not there")
      }
      isAsSeen = isAsSeen && record.counts == seen[record.key] ?? StatusCounts()
      return true
    }
    for status in Status.allCases where sums[status] != queue.counts[status] {
      audit.note(
        "queue \(queue.name) has \(queue.counts[status]) \(status) items, its groups \(sums[status])"
      )
    }
    if isAsSeen, seen.keys.allSatisfy({ found.contains($0.number) }) { return }
    if reading.transaction.revision == beginning {
      try note(groupsOf: queue, seen, reading)
    } else {
      suspects.removeAll { $0.number == queue.number }
      suspects.append(
        Suspect(number: queue.number, statuses: Status.allCases, hasGroups: true))
    }
  }

  /// Notes what the groups of a queue count that is not so.
  mutating func note(
    groupsOf queue: QueueRecord, _ seen: [GroupKey: StatusCounts], _ reading: StoreReading
  ) throws {
    var left = seen
    try reading.walkGroups(of: queue.number) { record in
      let seen = left.removeValue(forKey: record.key) ?? StatusCounts()
      if record.counts != seen {
        audit.note("\(Self.name(record, queue)) counts \(record.counts), but has \(seen)")
      }
      return true
    }
    for key in left.keys {
      audit.note("items belong to group \(key.number) of queue \(queue.name), which is not there")
    }
  }

  /// Compares what tables have that are of all queues' groups together.
  mutating func lookAtGroupTables(_ reading: StoreReading) throws {
    guard reading.has(.turns) else { return }
    let turns = try reading.transaction.count(.turns)
    if turns != placed { audit.note("turns has \(turns) entries for \(placed) groups") }
    let names = try reading.transaction.count(.groupNames)
    if names != named * 2 { audit.note("group-names has \(names) entries for \(named) groups") }
    let entries = try reading.transaction.count(.grouped)
    if reading.transaction.revision == beginning, entries != grouped {
      audit.note("grouped has \(entries) entries for \(grouped) pending items")
    }
  }

  private static func name(_ record: GroupRecord, _ queue: QueueRecord) -> String {
    "group \(record.key.number) of queue \(queue.name)"
  }
}

extension StoreReading {
  /// What is wrong with where a group stands; nil when nothing is.
  func misplacement(of record: GroupRecord, _ queue: QueueRecord) throws -> String? {
    guard let place = record.place else {
      return record.counts[.pending] == 0 ? nil : "has something pending, but no turn"
    }
    if record.counts[.pending] == 0 { return "has a turn, but nothing pending" }
    let isEntered = try TurnKey(record.key, place).withBytes {
      try transaction.contains($0, in: .turns)
    }
    if !isEntered { return "has no entry in turns" }
    if record.key.number == 0, !place.isReady { return "has no limits, but waits for something" }
    switch place {
    case .resting: return nil
    case .full: return record.summary().running == 0 ? "waits for runs that it has none of" : nil
    case .ready(let priority, let turn):
      let grouping = queue.grouping ?? Grouping(since: 0)
      let first = try firstPending(of: record.key, since: grouping.since)
      let isRight = first.map { ItemKey(queue: queue.number, rank: $0).priority == priority }
      if isRight != true { return "has a turn at another priority than its first pending item" }
      return turn < grouping.nextTurn ? nil : "has a turn that was not given yet"
    }
  }
}
