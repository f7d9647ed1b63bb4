import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Retries or removes items by id; see ``QueueStore``. At most 4,000 a transaction.
  public func move(
    _ ids: [ItemID], in queue: QueueName, by move: Move
  ) throws(StoreError) -> [MoveResult] {
    var results: [MoveResult] = []
    while results.count < ids.count {
      let part = ids[results.count...].prefix(Turn.maximumItems)
      results += try write { session in
        guard let number = try session.queueNumber(of: queue) else {
          return part.map { _ in .missing }
        }
        try session.reading.prefetch(part.map(\.bytes), of: number)
        let ids = IDIndex(reading: session.reading)
        let keys = try part.map { id in try withBytes(id.bytes) { try ids.find($0, in: number) } }
        try session.reading.prefetch(keys.compactMap(\.self), in: Self.ofAnItem)
        return try zip(part, keys).map { id, key in
          if key == nil, case .remove = move, try session.forgetPruned(id.bytes, in: number) {
            return .moved
          }
          return try session.move(key, by: move)
        }
      }
    }
    return results
  }

  /// Moves items of one status; see ``QueueStore``. They are found in a snapshot, and looked at again when they
  /// are moved: who looks through many for few keeps nobody from writing.
  public func move(
    all status: Status, of queue: QueueName, by move: Move, where filter: ItemFilter,
    after: ItemKey?
  ) throws(StoreError) -> MovePage {
    let found = try read { try $0.items(status, of: queue, where: filter, after: after) }
    var page = MovePage()
    page.next = found.next
    guard !found.keys.isEmpty else { return page }
    try write { session in
      guard let number = try session.queueNumber(of: queue), number == found.keys[0].queue,
        let test = try FilterTest(filter, of: number, session.reading)
      else { return }
      try session.reading.prefetch(found.keys, in: Self.ofAnItem)
      for key in found.keys {
        guard let state = try session.reading.state(of: key, in: status),
          try test.matches(key, state, session.reading)
        else { continue }
        let moved = try session.apply(move.event, to: key, in: state)
        if moved { page.moved += 1 } else { page.refused += 1 }
      }
    }
    return page
  }

  /// Where the last ends begin; see ``QueueStore``.
  public func mark(
    ofLast count: Int, in statuses: Set<Status>, of queue: QueueName, where filter: ItemFilter
  ) throws(StoreError) -> EndMark? {
    var last = LastEnds(count)
    for status in Status.allCases where statuses.contains(status) {
      var after: ItemKey?
      repeat {
        after = try read { reading in
          try reading.visit(status, of: queue, where: filter, after: after) { key, state in
            if let ending = state.ending {
              last.add(EndMark(ending.run.endedAt, rank: key.rank))
            }
            return true
          }
        }
      } while after != nil
    }
    return last.mark()
  }

  /// Where something of an item is that is moved.
  private static let ofAnItem: [Table] =
    [.items, .payloads, .outputs, .spent, .ends, .recipes] + Status.allCases.map(\.table)

  /// Removes a queue that has no items; see ``QueueStore``.
  public func removeQueue(_ queue: QueueName) throws(StoreError) -> Bool {
    var removed: UInt32?
    let isGone = try write { session in
      guard let number = try session.queueNumber(of: queue) else { return true }
      let record = try session.queue(number)
      guard record.counts.total == 0, record.pruned == 0,
        try session.revoked(of: number).isEmpty
      else { return false }
      try session.forgetFeeds(of: number)
      try session.forgetGroups(of: number)
      try session.forgetBudgets(of: number)
      try session.forgetReaders(of: number)
      try session.remove(record)
      session.wake(number)
      removed = number
      return true
    }
    // Whoever watches it has been woken.
    if let removed {
      engine.forget(removed)
      engine.forget(Self.endTopic(of: removed))
    }
    return isGone
  }

  /// Changes what a queue is set to; see ``QueueStore``.
  public func configure(
    _ queue: QueueName, _ change: (inout QueueSettings, Timestamp) -> Void
  ) throws(StoreError) {
    let groupsOfNewLimits: UInt32? = try write { session in
      let number = try session.makeQueue(queue)
      let (before, now) = (try session.queue(number), session.now)
      try session.update(number) { change(&$0.settings, now) }
      session.wake(number)
      let after = try session.queue(number).settings
      if before.settings.keep != after.keep { try session.update(number) { $0.trim = Trim() } }
      try session.changeRates(of: number, from: before.settings.budgets, to: after.budgets)
      let isSame =
        after.groupLimit == before.settings.groupLimit
        && after.groupRate == before.settings.groupRate
      return before.grouping == nil || isSame ? nil : number
    }
    if let groupsOfNewLimits { try placeGroupsAnew(of: groupsOfNewLimits) }
  }
}

extension WriteSession {
  fileprivate mutating func move(_ key: ItemKey?, by move: Move) throws -> MoveResult {
    guard let key, let state = try reading.state(of: key) else { return .missing }
    return try apply(move.event, to: key, in: state) ? .moved : .refused(state.status)
  }

  /// What a person does to an item; false when its status does not allow it.
  fileprivate mutating func apply(
    _ event: Event, to key: ItemKey, in state: ItemState
  ) throws -> Bool {
    let change: Change
    do {
      change = try Transition.apply(event, to: state, policy: RetryPolicy(), now: now)
    } catch {
      return false
    }
    try apply(change, to: key, in: state)
    return true
  }
}
