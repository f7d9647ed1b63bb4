import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// The queue at a glance; see ``QueueStore``.
  public func summary(of queue: QueueName) throws(StoreError) -> QueueSummary? {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return nil }
      return try reading.summary(of: number)
    }
  }

  /// All queues at a glance, in the order in which they were made.
  public func summaries() throws(StoreError) -> [QueueSummary] {
    try read { reading in
      let feeds = try reading.feeds()
      return try reading.queueNumbers().map { try reading.summary(of: $0, feeds) }
    }
  }

  /// What happened in a queue's last minutes; see ``QueueStore``.
  public func history(
    of queue: QueueName, since: Timestamp
  ) throws(StoreError) -> [MinuteCounts] {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return [] }
      return try reading.history(
        of: number, from: MinuteCounts.minute(of: since))
    }
  }

  /// A part of a listing; see ``QueueStore``.
  public func items(
    of queue: QueueName, in statuses: Set<Status>, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else {
        return ItemPage(items: [], next: nil)
      }
      let start = ItemKey(queue: number, rank: after?.rank ?? 0)
      // No status can give more to the page than the page takes; one more tells whether it is full.
      var found: [(key: ItemKey, state: ItemState)] = []
      for status in Status.allCases where statuses.contains(status) {
        var count = 0
        try reading.walk(status, from: start) { key, state in
          guard key.queue == number, count <= limit else { return false }
          if key == start && after != nil { return true }
          found.append((key, state))
          count += 1
          return true
        }
      }
      if statuses.count > 1 { found.sort { $0.key < $1.key } }
      let items = try found.prefix(limit).map { key, state in
        try reading.item(key, state)
      }
      return ItemPage(items: items, next: found.count > limit ? items.last?.key : nil)
    }
  }

  /// A part of a listing of delayed items; see ``QueueStore``.
  public func delayedItems(
    of queue: QueueName, after: DelayedPlace?, limit: Int
  ) throws(StoreError) -> DelayedPage {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else {
        return DelayedPage(items: [], next: nil)
      }
      // One more than the page takes tells whether it is full.
      let due = try reading.dueKeys(of: number, after: after, limit: max(limit, limit &+ 1))
      if !due.isEmpty { try reading.prefetch(due, in: [.delayed, .items]) }
      var found = try due.map { (key: $0, state: try reading.dueState(of: $0)) }
      if found.count <= limit, try reading.queue(number).counts.awaiting > 0 {
        let start = ItemKey(
          queue: number, rank: after.map { $0.until == nil ? $0.rank : 0 } ?? 0)
        let isFirst = after.map { $0.until != nil } ?? true
        try reading.walk(.delayed, from: start) { key, state in
          guard key.queue == number, found.count <= limit else { return false }
          if !state.awaited.isEmpty, isFirst || key != start { found.append((key, state)) }
          return true
        }
      }
      let items = try found.prefix(limit).map { key, state in try reading.item(key, state) }
      return DelayedPage(
        items: items, next: found.count > limit ? items.last.flatMap(DelayedPlace.init) : nil)
    }
  }

  /// The item of that id; see ``QueueStore``.
  public func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item? {
    try read { reading in
      guard let key = try reading.key(of: id, in: queue),
        let state = try reading.state(of: key)
      else { return nil }
      return try reading.item(key, state)
    }
  }

  /// Whether the run of a removed item of this id lives; see ``QueueStore``.
  public func isHeldBack(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return false }
      return try reading.revoked(of: number).contains { try reading.id(of: $0) == id.bytes }
    }
  }

  /// The item's payload; see ``QueueStore``.
  public func payload(of id: ItemID, in queue: QueueName) throws(StoreError) -> [UInt8]? {
    try read { reading in
      guard let key = try reading.key(of: id, in: queue) else { return nil }
      return try reading.record(of: key, withPayload: true)?.payload
    }
  }

  /// What is kept of the output of the item's last run; see ``QueueStore``.
  public func output(of id: ItemID, in queue: QueueName) throws(StoreError) -> KeptOutput? {
    try read { reading in
      guard let key = try reading.key(of: id, in: queue) else { return nil }
      return try key.withBytes { bytes in
        guard let value = try reading.transaction.value(for: bytes, in: .outputs) else {
          return nil
        }
        var reader = RecordReader(value)
        return KeptOutput(output: try reader.counted(), error: try reader.rest())
      }
    }
  }

  /// Tells when something changes that may let a worker of this queue go on. The queue is made if
  /// there is none.
  public func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch {
    engine.watch(try number(of: queue))
  }

  /// The number of a queue, which is made if there is none.
  func number(of queue: QueueName) throws(StoreError) -> UInt32 {
    if let known = try read({ try $0.queueNumber(of: queue) }) { return known }
    return try write { try $0.makeQueue(queue) }
  }
}

extension QueueSummary {
  init(
    _ record: QueueRecord, nextDue: Timestamp?, revoked: Int, nextExpiry: Timestamp?,
    upstream: Upstream, turns: GroupTurns?, awaited: AwaitedBatches?, budgets: [BudgetSummary]
  ) {
    self.init(
      number: record.number, name: record.name, counts: record.counts, settings: record.settings,
      nextDue: nextDue, nextStart: record.nextStart, revoked: revoked, nextExpiry: nextExpiry,
      upstream: upstream, turns: turns, awaited: awaited, budgets: budgets,
      pruned: record.pruned)
  }
}

extension StoreReading {
  /// An item as a listing shows it.
  func item(_ key: ItemKey, _ state: ItemState) throws -> Item {
    guard let found = try record(of: key, withPayload: false) else {
      throw StoreError.unsound("a key in \(state.status) has no item")
    }
    let spent = try spent(by: key)
    return Item(
      key: key, id: ItemID(unchecked: found.record.id),
      payloadLength: found.record.payloadLength, enqueuedAt: found.record.enqueuedAt, state: state,
      group: try groupName(of: state.tally, in: key.queue),
      batch: state.tally.batch == 0 ? nil : try batchName(state.tally.batch),
      awaited: try state.awaited.compactMap { awaited in
        let isToCome = try batch(awaited.batch)?.awaited(awaited.end) == awaited
        return isToCome ? Prerequisite(try batchName(awaited.batch), awaited.end) : nil
      }, spent: spent?.spent ?? [:], reserved: spent?.reserved ?? [:],
      recipe: state.ending == nil ? nil : try recipe(of: key))
  }

  /// The key of an item; nil when the queue, or the item, is not there.
  func key(
    of id: ItemID, in queue: QueueName
  ) throws -> ItemKey? {
    guard let number = try queueNumber(of: queue) else { return nil }
    return try withBytes(id.bytes) {
      try IDIndex(reading: self).find($0, in: number)
    }
  }
}

extension StoreReading {
  /// `feeds`: what feeds what, where that is known already.
  func summary(of queue: UInt32, _ feeds: [Feed]? = nil) throws -> QueueSummary {
    let record = try self.queue(queue)
    return QueueSummary(
      record, nextDue: try nextDue(of: queue),
      revoked: try revoked(of: queue).count, nextExpiry: try nextExpiry(),
      upstream: try upstream(of: queue, feeds ?? self.feeds(), { try batch($0) }) {
        try self.queue($0)
      },
      turns: try turns(of: record),
      awaited: try awaited(by: record, { try batch($0) }) { try self.queue($0) },
      budgets: try limits(of: record) { try budget($0)?.spending ?? Spending() })
  }
}
