import OrderedStore
import QueueCore

/// The groups that a transaction has changed.
struct GroupCache {
  fileprivate var records: [GroupKey: GroupRecord] = [:]
  /// Those that may have to stand elsewhere, in the order in which they changed.
  fileprivate var touched: [GroupKey] = []
  /// Of these, whether what is pending of them has changed.
  fileprivate var isFirstNew: [GroupKey: Bool] = [:]

  fileprivate mutating func touch(_ key: GroupKey, isFirstNew: Bool) {
    if let known = self.isFirstNew[key] {
      if isFirstNew, !known { self.isFirstNew[key] = true }
    } else {
      touched.append(key)
      self.isFirstNew[key] = isFirstNew
    }
  }

  fileprivate mutating func takeTouched() -> [(key: GroupKey, isFirstNew: Bool)] {
    defer { (touched, isFirstNew) = ([], [:]) }
    return touched.compactMap { key in isFirstNew[key].map { (key, $0) } }
  }
}

/// Groups: what each counts, and where it stands. A group that changes stands where it belongs before anything
/// is claimed, and before the transaction ends.
extension WriteSession {
  // MARK: Making

  /// From this sequence on the items of a queue are in groups, those without one in group 0.
  mutating func beginGroups(in queue: UInt32, since sequence: UInt64) throws {
    guard try self.queue(queue).grouping == nil else { return }
    try update(queue) { $0.grouping = Grouping(since: sequence) }
    var others = GroupRecord(GroupKey(queue: queue, number: 0), name: [])
    let counts = try self.queue(queue).counts
    for status in Status.allCases { others.counts[status] = counts[status] }
    others.revoked = UInt64(try revoked(of: queue).count)
    groups.records[others.key] = others
    groups.touch(others.key, isFirstNew: true)
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
    groups.records[key] = GroupRecord(key, name: name.bytes)
    try enter(key, as: name)
    return number
  }

  /// Has a group be found by its name.
  func enter(_ key: GroupKey, as name: GroupName) throws {
    try withBytes(GroupKey.bytes(of: name.bytes, in: key.queue)) { bytes in
      try withUnsafeBytes(of: key.number.bigEndian) {
        try transaction.put($0, for: bytes, in: .groupNames)
      }
    }
  }

  // MARK: Changing

  func group(_ key: GroupKey) throws -> GroupRecord {
    if let record = try groups.records[key] ?? reading.group(key) { return record }
    throw StoreError.unsound("group \(key.number) of queue \(key.queue) is not there")
  }

  /// Changes a group; `isFirstNew`: what is pending of it.
  mutating func update(
    _ key: GroupKey, isFirstNew: Bool = false, _ change: (inout GroupRecord) throws -> Void
  ) throws {
    groups.touch(key, isFirstNew: isFirstNew)
    if let index = groups.records.index(forKey: key) {
      return try change(&groups.records.values[index])
    }
    var record = try group(key)
    try change(&record)
    groups.records[key] = record
  }

  /// Counts what happens to items of a queue that has groups, and enters what is pending of them.
  mutating func follow(_ moves: [ItemMove], in queue: UInt32, _ grouping: Grouping) throws {
    let settings = try self.queue(queue).settings
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
        guard givesStartBack, key.number != 0, let next = record.nextStart,
          let rate = record.settings.filled(from: settings).rate
        else { return }
        record.nextStart = rate.advanced(next, by: -1)
      }
      guard isFirstNew, moves[place].key.sequence >= grouping.since else { continue }
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
    for (key, isFirstNew) in groups.takeTouched() {
      guard let record = groups.records[key] else { continue }
      let queue = try self.queue(key.queue)
      if record.isForgettable(queue.settings, now: now) {
        try forget(record)
      } else {
        try set(key, to: place(of: record, queue, isFirstNew: isFirstNew))
      }
    }
  }

  private mutating func place(
    of record: GroupRecord, _ queue: QueueRecord, isFirstNew: Bool
  ) throws -> GroupPlace? {
    guard record.counts.pending > 0 else { return nil }
    let summary = record.summary
    if summary.isFull(queue.settings) { return .full }
    if let opening = summary.opening(queue.settings, now: now) { return .resting(until: opening) }
    if record.place?.isReady ?? false, !isFirstNew { return record.place }
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
  private mutating func set(_ key: GroupKey, to place: GroupPlace?) throws {
    let old = groups.records[key]?.place
    guard old != place else { return }
    if let place, place.isReady, old?.isReady != true {
      var others = false
      try reading.walkTurns(of: key.queue, 1) { _ in
        others = true
        return false
      }
      if !others { wake(key.queue) }
    }
    if let old { try transaction.delete(TurnKey(key, old).bytes, in: .turns) }
    if let place { try transaction.put([], for: TurnKey(key, place).bytes, in: .turns) }
    groups.records[key]?.place = place
  }

  /// Has a group stand where a claim has put it.
  mutating func give(_ turn: TurnKey, nextStart: Timestamp?) throws {
    try update(turn.group) { $0.nextStart = nextStart }
    try set(turn.group, to: turn.place)
    groups.settle(turn.group)
  }

  // MARK: Writing

  private mutating func forget(_ record: GroupRecord) throws {
    try set(record.key, to: nil)
    groups.records[record.key] = nil
    _ = try record.key.withBytes { try transaction.delete($0, in: .groups) }
    try transaction.delete(
      GroupKey.bytes(of: record.name, in: record.key.queue), in: .groupNames)
  }

  /// Forgets the groups of a queue that has no items.
  mutating func forgetGroups(of queue: UInt32) throws {
    guard try self.queue(queue).grouping != nil else { return }
    for record in try allGroups(of: queue) {
      groups.records[record.key] = record
      try forget(record)
    }
  }

  /// The groups of a queue as they are now, in the order of their numbers.
  func allGroups(of queue: UInt32) throws -> [GroupRecord] {
    var all = groups.records.filter { $0.key.queue == queue }
    try reading.walkGroups(of: queue) { record in
      if all[record.key] == nil { all[record.key] = record }
      return true
    }
    return all.values.sorted { $0.key.number < $1.key.number }
  }

  /// Puts a record in the place of a group's, whatever that is.
  mutating func replace(_ record: GroupRecord) { groups.records[record.key] = record }

  mutating func writeGroups() throws {
    try placeGroups()
    for record in groups.records.values {
      writer.clear()
      record.write(to: &writer)
      try record.key.withBytes { key in
        try writer.bytes.withUnsafeBytes { try transaction.put($0, for: key, in: .groups) }
      }
    }
  }
}

extension GroupCache {
  /// A group stands where it belongs.
  fileprivate mutating func settle(_ key: GroupKey) {
    isFirstNew[key] = nil
  }
}
