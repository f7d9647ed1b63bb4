import OrderedStore
import QueueCore

/// Groups: what each counts, and where it stands. A group that changes stands where it belongs before anything
/// is claimed, and before the transaction ends.
extension WriteSession {
  // MARK: Making

  /// From this sequence on the items of a queue are in groups, those without one in group 0.
  mutating func beginGroups(in queue: UInt32, since sequence: UInt64) throws {
    guard try self.queue(queue).grouping == nil else { return }
    try update(queue) { $0.grouping = Grouping(since: sequence) }
    var others = GroupRecord(GroupKey(queue: queue, number: 0))
    others.counts = StatusCounts(try self.queue(queue).counts)
    others.revoked = UInt64(try reading.revoked(of: queue).count)
    groups.touch(groups.insert(others), isFirstNew: true)
  }

  /// The number of a group, which is made if there is none of that name.
  mutating func makeGroup(_ name: GroupName, in queue: UInt32) throws -> UInt32 {
    try beginGroups(in: queue, since: self.queue(queue).nextSequence)
    if let number = try reading.groupNumber(of: name, in: queue) { return number }
    let number = try update(queue) { record throws(StoreError) -> UInt32 in
      guard let number = record.grouping?.nextGroup, number < Format.groupsEnd else {
        throw StoreError(.limit, "queue \(record.name) has had too many groups: use another queue")
      }
      record.grouping?.nextGroup += 1
      return number
    }
    let key = GroupKey(queue: queue, number: number)
    _ = groups.insert(GroupRecord(key), isDirty: true)
    try enter(key, as: name)
    return number
  }

  /// Gives a group its name.
  func enter(_ key: GroupKey, as name: GroupName) throws {
    try transaction.put(name.bytes, for: key.nameEntry, in: .groupNames)
    try withBytes(GroupKey.entry(of: name, in: key.queue)) { bytes in
      try withUnsafeBytes(of: key.number.bigEndian) {
        try transaction.put($0, for: bytes, in: .groupNames)
      }
    }
  }

  // MARK: Changing

  func group(_ key: GroupKey) throws -> GroupRecord {
    if let place = groups.place(of: key) { return groups.entries[place].record }
    return try stored(key)
  }

  private func stored(_ key: GroupKey) throws -> GroupRecord {
    if let record = try reading.group(key) { return record }
    throw StoreError.unsound("group \(key.number) of queue \(key.queue) is not there")
  }

  /// Where a group is among those that the transaction knows.
  mutating func cached(_ key: GroupKey) throws -> Int {
    if let place = groups.place(of: key) { return place }
    return groups.insert(try stored(key))
  }

  /// Changes a group; `isFirstNew`: what is pending of it.
  mutating func update(
    _ key: GroupKey, isFirstNew: Bool = false, _ change: (inout GroupRecord) throws -> Void
  ) throws {
    let place = try cached(key)
    groups.touch(place, isFirstNew: isFirstNew)
    try change(&groups.entries[place].record)
  }

  /// Counts what happens to items of a queue that has groups.
  mutating func countGroups(_ moves: [ItemMove], in queue: UInt32) throws {
    let (settings, now) = (try self.queue(queue).settings, self.now)
    groups.makeRoom(for: moves.count)
    for place in moves.indices {
      let before = moves[place].before.status
      let after = moves[place].change.after?.status
      let key = GroupKey(queue: queue, number: moves[place].before.tally.group)
      let givesStartBack = moves[place].change.effects.givesStartBack
      let rest = key.number == 0 ? nil : moves[place].rest
      let isFirstNew = before != after && (before == .pending || after == .pending)
      try update(key, isFirstNew: isFirstNew) { record in
        record.move(before, to: after)
        if let rest { record.restUntil = max(record.restUntil ?? rest, rest) }
        guard key.number != 0, let rate = record.settings.filled(from: settings).rate else {
          return
        }
        if givesStartBack {
          record.nextStart = record.nextStart.map { rate.advanced($0, by: -1) }
        } else if case .processing(let hold) = moves[place].before,
          let start = moves[place].change.after?.lastStart
        {
          record.nextStart = rate.delayed(
            record.nextStart, since: hold.since, start: start, now: now)
        }
      }
    }
  }

  /// Makes `grouped` follow what is pending.
  func enterGrouped(_ moves: [ItemMove], in queue: UInt32, _ grouping: Grouping) throws {
    for place in moves.indices where moves[place].key.sequence >= grouping.since {
      let after = moves[place].change.after?.status
      let before = moves[place].before.status
      guard before != after, before == .pending || after == .pending else { continue }
      let key = GroupKey(queue: queue, number: moves[place].before.tally.group)
      try GroupedKey(key, rank: moves[place].key.rank).withBytes { bytes in
        if after == .pending {
          try transaction.put(noBytes, for: bytes, in: .grouped)
        } else if try !transaction.delete(bytes, in: .grouped) {
          throw StoreError.unsound("a pending item is not among those of its group")
        }
      }
    }
  }

  // MARK: Places

  /// Has those that rest no longer look for their places anew.
  mutating func touchRested(of queue: UInt32) throws {
    try touch(of: queue, [2], after: nil) { [now] place in
      if case .resting(let until) = place { until <= now } else { false }
    }
  }

  /// Has the groups of these kinds of places look for them anew, at most as many as a transaction does, as
  /// long as `matches` says so; the last of them, unless there are no more.
  @discardableResult
  mutating func touch(
    of queue: UInt32, _ kinds: [UInt8], after: TurnKey?, while matches: (GroupPlace) -> Bool
  ) throws -> TurnKey? {
    var found: [TurnKey] = []
    for kind in kinds where kind >= after?.place.kind ?? 0 {
      let start = kind == after?.place.kind ? after : nil
      try reading.walkTurns(of: queue, kind, after: start) { turn in
        guard matches(turn.place), found.count < Turn.maximumItems else { return false }
        found.append(turn)
        return true
      }
    }
    for turn in found { try update(turn.group) { _ in } }
    return found.count < Turn.maximumItems ? nil : found.last
  }

  /// Has every group that changed stand where it belongs.
  mutating func placeGroups() throws {
    var last: QueueRecord?
    for place in groups.takeTouched() {
      let record = groups.entries[place].record
      // Of what changes of a queue meanwhile, nothing is looked at here.
      let queue =
        try last.flatMap { $0.number == record.key.queue ? $0 : nil }
        ?? self.queue(record.key.queue)
      last = queue
      if record.isForgettable(queue.settings, now: now) {
        try forget(place)
      } else {
        let isFirstNew = groups.entries[place].isFirstNew
        try set(place, to: self.place(of: record, queue, isFirstNew: isFirstNew))
      }
    }
  }

  private mutating func place(
    of record: GroupRecord, _ queue: QueueRecord, isFirstNew: Bool
  ) throws -> GroupPlace? {
    guard record.counts[.pending] > 0 else { return nil }
    let isReady = record.place?.isReady ?? false
    if isReady, !isFirstNew, record.mayStart(queue.settings, now: now) { return record.place }
    let summary = record.summary()
    if summary.isFull(queue.settings) { return .full }
    if let opening = summary.opening(queue.settings, now: now) { return .resting(until: opening) }
    let since = queue.grouping?.since ?? 0
    guard let rank = try reading.firstPending(of: record.key, since: since) else {
      throw StoreError.unsound("pending items of a group are counted, but none is there")
    }
    let priority = ItemKey(queue: queue.number, rank: rank).priority
    if case .ready(priority, _) = record.place { return record.place }
    return .ready(priority: priority, turn: try nextTurn(of: queue.number))
  }

  mutating func nextTurn(of queue: UInt32) throws -> UInt64 {
    try update(queue) { record in
      let turn = record.grouping?.nextTurn ?? 0
      record.grouping?.nextTurn = turn + 1
      return turn
    }
  }

  /// Has a group stand there; wakes whoever waits for one that may have an item claimed.
  private mutating func set(_ index: Int, to place: GroupPlace?) throws {
    let (key, old) = (groups.entries[index].record.key, groups.entries[index].record.place)
    guard old != place else { return }
    if let place, place.isReady, old?.isReady != true {
      var others = false
      try reading.walkTurns(of: key.queue, 1) { _ in
        others = true
        return false
      }
      // What is first may be held back.
      if try !others || !reading.revoked(of: key.queue).isEmpty { wake(key.queue) }
    }
    if let old {
      _ = try TurnKey(key, old).withBytes { try transaction.delete($0, in: .turns) }
    }
    if let place {
      try TurnKey(key, place).withBytes { try transaction.put(noBytes, for: $0, in: .turns) }
    }
    groups.entries[index].record.place = place
    groups.entries[index].isDirty = true
  }

  /// Has groups stand where a claim has put them: those that go from one turn to another leave theirs before
  /// any of them takes the next. The old ones lie beside one another, and so do the new ones.
  mutating func give(_ places: [(index: Int, place: GroupPlace)]) throws {
    var moved: [(index: Int, place: GroupPlace)] = []
    for (index, place) in places where place.isReady {
      guard let old = groups.entries[index].record.place, old.isReady, old != place else {
        continue
      }
      let key = TurnKey(groups.entries[index].record.key, old)
      _ = try key.withBytes { try transaction.delete($0, in: .turns) }
      groups.entries[index].record.place = nil
      moved.append((index, place))
    }
    for (index, place) in moved {
      let key = TurnKey(groups.entries[index].record.key, place)
      try key.withBytes { try transaction.put(noBytes, for: $0, in: .turns) }
      groups.entries[index].record.place = place
      groups.entries[index].isDirty = true
    }
    for (index, place) in places {
      try set(index, to: place)
      groups.settle(index)
    }
  }

  // MARK: Writing

  private mutating func forget(_ index: Int) throws {
    try set(index, to: nil)
    groups.forget(index)
    let key = groups.entries[index].record.key
    _ = try key.withBytes { try transaction.delete($0, in: .groups) }
    guard let name = try reading.name(of: key) else { return }
    try transaction.delete(key.nameEntry, in: .groupNames)
    try transaction.delete(GroupKey.entry(of: name, in: key.queue), in: .groupNames)
  }

  /// Forgets the groups of a queue that has no items.
  mutating func forgetGroups(of queue: UInt32) throws {
    guard try self.queue(queue).grouping != nil else { return }
    for record in try allGroups(of: queue) { try forget(try cached(record.key)) }
  }

  /// The groups of a queue as they are now, in the order of their numbers.
  func allGroups(of queue: UInt32) throws -> [GroupRecord] {
    var all: [GroupRecord] = []
    for entry in groups.entries where entry.record.key.queue == queue && !entry.isGone {
      all.append(entry.record)
    }
    try reading.walkGroups(of: queue) { record in
      if groups.place(of: record.key) == nil { all.append(record) }
      return true
    }
    return all.sorted { $0.key.number < $1.key.number }
  }

  /// Puts a record in the place of a group's, whatever that is.
  mutating func replace(_ record: GroupRecord) { _ = groups.insert(record, isDirty: true) }

  /// Writes back what changed, before the commit.
  mutating func finish() throws {
    try endBatches()
    try placeGroups()
    try writeGroups()
    try writeBatches()
    try writeBudgets()
    try flush()
  }

  private mutating func writeGroups() throws {
    for place in groups.entries.indices {
      guard groups.entries[place].isDirty, !groups.entries[place].isGone else { continue }
      writer.clear()
      groups.entries[place].record.write(to: &writer)
      try groups.entries[place].record.key.withBytes { key in
        try writer.bytes.withUnsafeBytes { try transaction.put($0, for: key, in: .groups) }
      }
    }
  }
}
