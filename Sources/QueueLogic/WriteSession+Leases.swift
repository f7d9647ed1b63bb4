import OrderedStore
import QueueCore

/// What leases hold.
extension WriteSession {
  /// Ends leases whose moment has come, of whatever queue, at most as many as a transaction does; gives
  /// back how many.
  @discardableResult
  mutating func expire() throws -> Int {
    guard let first = try reading.nextExpiry(), first <= now else { return 0 }
    let ended = try reading.expired(at: now)
    try reading.prefetch(held: ended, now: now)
    for key in ended {
      guard let state = try reading.state(of: key, in: .processing) else {
        throw StoreError.unsound("a lease holds an item that is not processing")
      }
      let policy = try policy(of: key.queue)
      let change: Change
      do {
        change = try Transition.apply(.expire, to: state, policy: policy, now: now)
      } catch {
        throw StoreError.unsound("a lease has ended that holds no item")
      }
      try apply(change, to: key, in: state)
    }
    return ended.count
  }

  /// Has a claim by lease end with the batch.
  mutating func settle(
    _ end: LeaseSettlement, _ moves: inout MoveBatch
  ) throws -> LeaseAnswer {
    let now = now
    return try answer(end.token, &moves, spent: end.spent, end.result) { hold in
      let run = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: end.note)
      return .settle(
        token: end.token.number, outcome: end.outcome, run: run, jitter: end.jitter)
    }
  }

  /// Tells those claims by lease apart that are current, and has happen to them what `event` says.
  mutating func answer(
    _ token: Token, _ moves: inout MoveBatch, spent: Amounts = [:],
    _ result: ItemResult? = nil, _ event: (Hold) -> Event
  ) throws -> LeaseAnswer {
    if !moves.takes(token.key) { try apply(&moves) }
    guard token.incarnation == reading.identity.incarnation,
      let state = try reading.state(of: token.key, in: .processing),
      case .processing(let hold) = state, hold.token == token.number
    else { return .stale }
    guard hold.leaseEnd != nil else { return .ofWorker }
    let policy = try policy(of: token.key.queue)
    let change: Change
    do {
      change = try Transition.apply(event(hold), to: state, policy: policy, now: now)
    } catch {
      return .stale
    }
    moves.add(ItemMove(key: token.key, before: state, change: change, spent: spent, result: result))
    return change.after.map { .moved($0) } ?? .stale
  }

  /// What a queue's items end by that no worker holds.
  private func policy(of queue: UInt32) throws -> RetryPolicy {
    try self.queue(queue).settings.applied(to: RetryPolicy())
  }
}

extension StoreReading {
  /// When the first lease ends; nil when there is none.
  func nextExpiry() throws -> Timestamp? {
    guard has(.leases) else { return nil }
    return try LeaseKey.first.withBytes { bytes in
      try transaction.first(in: .leases, from: bytes) { key, _ in try LeaseKey(bytes: key).until }
    }
  }

  /// What leases hold whose moment has come, those that ended first.
  fileprivate func expired(at now: Timestamp) throws -> [ItemKey] {
    var keys: [ItemKey] = []
    try transaction.prefetch {
      [.entries(from: LeaseKey.first.withBytes(Array.init), limit: Turn.maximumItems, .leases)]
    }
    try LeaseKey.first.withBytes { bytes in
      try transaction.scan(.leases, from: bytes) { key, value in
        guard try LeaseKey(bytes: key).until <= now else { return false }
        keys.append(try ItemKey(bytes: value))
        return keys.count < Turn.maximumItems
      }
    }
    return keys
  }
}
