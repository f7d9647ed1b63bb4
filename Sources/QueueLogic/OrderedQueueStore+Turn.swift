import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Settles and claims for a worker, in one transaction; see ``QueueStore``.
  public func turn(_ turn: Turn) throws(StoreError) -> TurnResult {
    // By their places: each look at a whole settlement would copy it.
    for place in turn.settlements.indices where !turn.settlements[place].emitted.isEmpty {
      try Emissions.refuseTooMany(turn.settlements[place].emitted)
    }
    return try write(expecting: { StoreReading.hints(for: turn) }) { session in
      guard try session.isRegistered(turn.worker) else {
        throw StoreError(
          .notRegistered, "worker \(turn.worker.number) is not registered: it was taken for dead")
      }
      try session.expire()
      let queue = try session.queueNumber(of: turn.queue)
      if let queue { try session.reading.prefetch(turn.wanted, of: queue, now: session.now) }
      var moves = MoveBatch()
      var settled: [Settled] = []
      settled.reserveCapacity(turn.settlements.count)
      for place in turn.settlements.indices {
        settled.append(try session.settle(place, of: turn, claiming: queue, &moves))
      }
      try session.apply(&moves)
      var emissions = Emissions()
      for place in settled.indices where !turn.settlements[place].emitted.isEmpty {
        guard case .moved(.done(let ending)) = settled[place] else { continue }
        emissions.add(
          turn.settlements[place].emitted, of: turn.settlements[place].token.key,
          into: ending.tally.batch)
      }
      let emitted = try session.emit(emissions)
      try session.endBatches()
      var result = TurnResult(
        settled: settled, emitted: emitted, claims: [], summary: nil, revoked: [], now: session.now,
        revision: session.transaction.revision)
      // What was emitted may have made it.
      guard let queue = try queue ?? session.queueNumber(of: turn.queue) else { return result }
      if let pause = turn.pause {
        try session.update(queue) { $0.settings.rest(until: pause) }
        session.wake(queue)
      }
      try session.promote(queue)
      try session.trim(queue, ended: turn.settlements.count)
      let revoked = try session.revoked(of: queue)
      let demand = ClaimDemand(
        wanted: turn.wanted, holder: .worker(turn.worker), payloadBudget: turn.payloadBudget,
        rate: turn.rate, withPayloads: turn.withPayloads, reserve: turn.reserve)
      result.claims = try session.claim(from: queue, demand, revoked).claims
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

  mutating func summary(of queue: UInt32, revoked: Int) throws -> QueueSummary {
    try placeGroups()
    let record = try self.queue(queue)
    return QueueSummary(
      record, nextDue: try reading.nextDue(of: queue), revoked: revoked,
      nextExpiry: try reading.nextExpiry(),
      upstream: try reading.upstream(of: queue, reading.feeds(), { try batch($0) }) {
        try self.queue($0)
      },
      turns: try reading.turns(of: record),
      awaited: try reading.awaited(by: record, { try batch($0) }) { try self.queue($0) },
      budgets: try reading.limits(of: record) { try spending($0) })
  }

  /// Has the claim of the settlement at `place` end with the batch.
  fileprivate mutating func settle(
    _ place: Int, of turn: Turn, claiming queue: UInt32?, _ moves: inout MoveBatch
  ) throws -> Settled {
    let token = turn.settlements[place].token
    guard token.incarnation == reading.identity.incarnation else { return .stale }
    if !moves.takes(token.key) { try apply(&moves) }
    guard let state = try reading.state(of: token.key, in: .processing) else {
      if let run = try revoked(token), run.worker == turn.worker {
        try forget(run, spent: turn.settlements[place].spent)
      }
      return .stale
    }
    let event = Event.settle(
      token: token.number, outcome: turn.settlements[place].outcome,
      run: turn.settlements[place].run, jitter: turn.settlements[place].jitter)
    let change: Change
    do {
      change = try Transition.apply(
        event, to: state, policy: turn.settlements[place].policy, now: now)
    } catch {
      return .stale
    }
    let rate = token.key.queue == queue ? turn.rate : nil
    moves.add(
      ItemMove(
        key: token.key, before: state, change: change, output: turn.settlements[place].output,
        rate: rate, rest: turn.settlements[place].rest, spent: turn.settlements[place].spent,
        result: turn.settlements[place].result, recipe: turn.recipe,
        collects: turn.collects && token.key.queue == queue))
    return change.after.map { .moved($0) } ?? .stale
  }

  /// Makes delayed items pending whose batches have come to their ends, or whose moment has come.
  mutating func promote(_ queue: UInt32) throws {
    let released = try releaseAwaiting(queue)
    let counts = try self.queue(queue).counts
    guard counts.delayed > counts.awaiting, released < Turn.maximumItems else { return }
    let due = try reading.dueKeys(
      of: queue, through: now, limit: Turn.maximumItems - released)
    // A worker would wait for ever for what is not there.
    if due.isEmpty, try reading.nextDue(of: queue) == nil {
      throw StoreError.unsound("delayed items are counted, but none is due")
    }
    if !due.isEmpty { try reading.prefetch(due, in: [.delayed]) }
    for key in due {
      let state = try reading.dueState(of: key)
      try apply(
        Transition.apply(.due, to: state, policy: RetryPolicy(), now: now), to: key, in: state)
    }
  }
}
