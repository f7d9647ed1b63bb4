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
    let next: ItemState?
    do {
      next = try Transition.apply(event, to: state, policy: settlement.policy, now: now)
    } catch {
      return .stale
    }
    guard let next else { return .stale }
    try settled(token.key, from: state, to: next)
    switch settlement.outcome {
    case .released: try giveBack(token.key.queue, token.key.queue == queue ? turn.rate : nil)
    case .lost: break
    default: try keep(settlement.output, of: token.key, after: state)
    }
    return .moved(next)
  }

  /// A claim that was not started is none that the rate counts.
  private mutating func giveBack(_ queue: UInt32, _ rate: Rate?) throws {
    guard let next = try self.queue(queue).nextStart,
      let rate = try rate ?? self.queue(queue).settings.rate
    else { return }
    try update(queue) { $0.nextStart = rate.advanced(next, by: -1) }
  }

  /// Keeps what a run wrote in place of what an earlier one did, if there was one: each that may
  /// leave output has left its mark in the tally, and a retry takes both away.
  private mutating func keep(
    _ output: KeptOutput?, of key: ItemKey, after state: ItemState
  ) throws {
    if let output {
      writer.clear()
      writer.put(counted: output.output)
      writer.put(raw: output.error)
      try put(key, in: .outputs)
    } else if state.tally != Tally() {
      _ = try key.withBytes { try transaction.delete($0, in: .outputs) }
    }
  }

  /// Wakes whoever waits if one more item changes what they wait for: nothing was pending, or what is
  /// may be held back; or nothing was due so early.
  mutating func wakeForItems(of queue: UInt32, until: Timestamp?) throws {
    if let until {
      if let due = try reading.nextDue(of: queue), due <= until { return }
    } else if try self.queue(queue).counts.pending > 0, try revoked(of: queue).isEmpty {
      return
    }
    wake(queue)
  }

  /// Ends a claim, and wakes whoever may care: something may be claimed again, or sooner than they
  /// thought, or nothing is being processed any more.
  mutating func settled(_ key: ItemKey, from state: ItemState, to next: ItemState) throws {
    switch next {
    case .pending: try wakeForItems(of: key.queue, until: nil)
    case .delayed(let delay): try wakeForItems(of: key.queue, until: delay.until)
    default: break
    }
    try change(key, from: state, to: next)
    let now = now
    if next.status != .pending { count(key.queue) { $0.count(next, at: now) } }
    switch next {
    case .done, .failed: if try queue(key.queue).counts.processing == 0 { wake(key.queue) }
    case .pending, .delayed, .processing: break
    }
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
      let next = try Transition.apply(.due, to: state, policy: RetryPolicy(), now: now)
      try change(key, from: state, to: next)
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
      let next = try Transition.apply(
        .claim(token: number, worker: turn.worker), to: state, policy: RetryPolicy(), now: now)
      try change(key, from: state, to: next)
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
