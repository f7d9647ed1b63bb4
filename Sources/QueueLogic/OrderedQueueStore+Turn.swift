import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Settles and claims for a worker, in one transaction; see ``QueueStore``.
  public func turn(_ turn: Turn) throws(StoreError) -> TurnResult {
    try write { session in
      try session.reading.prefetch(for: turn)
      guard try session.isRegistered(turn.worker) else {
        throw StoreError(
          .notRegistered, "worker \(turn.worker.number) is not registered: it was taken for dead")
      }
      let queue = try session.queueNumber(of: turn.queue)
      if let queue { try session.reading.prefetch(turn.wanted, of: queue, now: session.now) }
      let settled = try turn.settlements.map { try session.settle($0, of: turn, claiming: queue) }
      var result = TurnResult(
        settled: settled, claims: [], summary: nil, revoked: [], now: session.now,
        revision: session.transaction.revision)
      guard let queue else { return result }
      if let pause = turn.pause {
        try session.update(queue) { $0.settings.rest(until: pause) }
        session.wake(queue)
      }
      try session.promote(queue)
      let revoked = try session.revoked(of: queue)
      result.claims = try session.claim(
        from: queue, turn, heldBack: try Set(revoked.map { try session.id(of: $0) }))
      result.summary = try session.summary(of: queue, revoked: revoked.count)
      result.revoked = revoked.filter { $0.worker == turn.worker }.map(\.token)
      return result
    }
  }
}

extension WriteSession {
  func isRegistered(_ worker: WorkerID) throws -> Bool {
    try withUnsafeBytes(of: worker.number.bigEndian) { key in
      try transaction.contains(key, in: .workers)
    }
  }

  func summary(of queue: UInt32, revoked: Int) throws -> QueueSummary {
    let due = try reading.nextDue(of: queue)
    return QueueSummary(try self.queue(queue), nextDue: due, revoked: revoked)
  }

  fileprivate mutating func settle(
    _ settlement: Settlement, of turn: Turn, claiming queue: UInt32?
  ) throws -> Settled {
    let token = settlement.token
    guard token.incarnation == reading.identity.incarnation else { return .stale }
    guard let state = try reading.state(of: token.key, in: .processing) else {
      if let run = try revoked(token), run.worker == turn.worker { try forget(run) }
      return .stale
    }
    let event = Event.settle(
      token: token.number, outcome: settlement.outcome, run: settlement.run,
      jitter: settlement.jitter)
    let change: Change
    do {
      change = try Transition.apply(event, to: state, policy: settlement.policy, now: now)
    } catch {
      return .stale
    }
    let rate = token.key.queue == queue ? turn.rate : nil
    try apply(change, to: token.key, output: settlement.output, rate: rate)
    return change.after.map { .moved($0) } ?? .stale
  }

  /// Makes delayed items pending whose moment has come.
  fileprivate mutating func promote(_ queue: UInt32) throws {
    guard try self.queue(queue).counts.delayed > 0 else { return }
    let start = DueKey(queue: queue, until: Timestamp(microseconds: 0), rank: 0)
    var due: [ItemKey] = []
    try start.withBytes { bytes in
      try transaction.scan(.due, from: bytes) { key, _ in
        let key = try DueKey(bytes: key)
        guard key.queue == queue, key.until <= now else { return false }
        due.append(ItemKey(queue: queue, rank: key.rank))
        return due.count < Turn.maximumItems
      }
    }
    // A worker would wait for ever for what is not there.
    if due.isEmpty, try reading.nextDue(of: queue) == nil {
      throw StoreError.unsound("delayed items are counted, but none is due")
    }
    if !due.isEmpty { try reading.prefetch(due, in: [.delayed]) }
    for key in due {
      guard let state = try reading.state(of: key, in: .delayed) else {
        throw StoreError.unsound("an item is due but not delayed")
      }
      try apply(Transition.apply(.due, to: state, policy: RetryPolicy(), now: now), to: key)
    }
  }

  /// Claims the first pending items, but for the ids that are held back.
  fileprivate mutating func claim(
    from queue: UInt32, _ turn: Turn, heldBack: Set<[UInt8]>
  ) throws -> [Claim] {
    let record = try self.queue(queue)
    let rate = turn.rate ?? record.settings.rate
    var wanted = min(turn.wanted, Turn.maximumItems)
    guard wanted > 0, record.counts.pending > 0,
      !(record.settings.pause?.holds(at: now) ?? false)
    else { return [] }
    if let rate { wanted = rate.admit(wanted, after: record.nextStart, now: now).count }
    let candidates = try firstPending(of: queue, wanted > 0 ? wanted + heldBack.count : 0)
    // A worker would ask again and again.
    if candidates.isEmpty, wanted > 0 {
      throw StoreError.unsound("pending items are counted, but none is there")
    }
    try reading.prefetch(candidates.map(\.key), in: [.items, .payloads])
    var claims: [Claim] = []
    claims.reserveCapacity(candidates.count)
    var payloadBytes = 0
    for (key, state) in candidates {
      guard claims.count < wanted, claims.isEmpty || payloadBytes < turn.payloadBudget else {
        break
      }
      guard
        let item = try reading.record(of: key, withPayload: true)
      else { throw StoreError.unsound("a pending key has no item") }
      if !heldBack.isEmpty && heldBack.contains(item.record.id) { continue }
      let number = try updateNumbers { numbers in
        defer { numbers.token += 1 }
        return numbers.token
      }
      let event = Event.claim(token: number, worker: turn.worker)
      try apply(Transition.apply(event, to: state, policy: RetryPolicy(), now: now), to: key)
      claims.append(
        Claim(
          token: Token(number: number, key: key, incarnation: reading.identity.incarnation),
          id: ItemID(unchecked: item.record.id), payload: item.payload,
          tally: state.tally, since: now))
      payloadBytes += item.payload?.count ?? 0
    }
    if let rate, !claims.isEmpty {
      let next = rate.admit(claims.count, after: record.nextStart, now: now).next
      try update(queue) { $0.nextStart = next }
    }
    return claims
  }

  private func firstPending(
    of queue: UInt32, _ limit: Int
  ) throws -> [(key: ItemKey, state: ItemState)] {
    guard limit > 0 else { return [] }
    var found: [(key: ItemKey, state: ItemState)] = []
    try reading.walk(.pending, from: ItemKey(queue: queue, rank: 0)) { key, state in
      guard key.queue == queue else { return false }
      found.append((key, state))
      return found.count < limit
    }
    return found
  }
}
