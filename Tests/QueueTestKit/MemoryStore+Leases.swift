public import QueueCore

/// Leases as a list that is looked through from its start each time.
extension MemoryStore {
  struct Lease {
    var until: Timestamp
    var token: UInt64
    var key: ItemKey
    var queue: QueueName
  }

  /// All leases, those that end first first.
  var leases: [Lease] {
    var leases: [Lease] = []
    for (name, queue) in queues {
      for (key, entry) in queue.entries {
        guard case .processing(let hold) = entry.state, case .lease(let until) = hold.holder else {
          continue
        }
        leases.append(Lease(until: until, token: hold.token, key: key, queue: name))
      }
    }
    return leases.sorted { ($0.until, $0.token) < ($1.until, $1.token) }
  }

  private func policy(of queue: QueueName) -> RetryPolicy {
    (queues[queue]?.settings ?? QueueSettings()).applied(to: RetryPolicy())
  }

  @discardableResult
  func expireDue() -> Int {
    let due = leases.prefix { $0.until <= now }.prefix(Turn.maximumItems)
    for lease in due {
      apply(.expire, to: lease.key, in: lease.queue, policy: policy(of: lease.queue))
    }
    return due.count
  }

  public func expire() throws(StoreError) -> Int {
    revision += 1
    defer { finish() }
    return expireDue()
  }

  public func claim(_ request: LeaseRequest) throws(StoreError) -> LeaseResult {
    revision += 1
    expireDue()
    endBatches()
    promote(request.queue)
    trim(request.queue)
    var result = LeaseResult(until: now + request.length, now: now)
    let wish = Wish(
      wanted: request.wanted, holder: .lease(until: result.until),
      budget: request.withPayloads ? request.payloadBudget : nil,
      rate: nil, reserve: request.reserve,
      passesOver: { request.asLines && $0.bytes.contains(0x0a) })
    (result.claims, result.passedOver) = claim(from: request.queue, wish)
    finish()
    result.summary = try summary(of: request.queue)
    return result
  }

  public func extend(
    _ tokens: [Token], by length: Duration
  ) throws(StoreError) -> [LeaseAnswer] {
    revision += 1
    defer { finish() }
    return tokens.map { token in
      answer(token) { _ in .extend(token: token.number, until: now + length) }
    }
  }

  public func settle(_ settlements: [LeaseSettlement]) throws(StoreError) -> LeaseSettled {
    try Self.refuseTooMany(settlements.map(\.emitted))
    revision += 1
    defer { finish() }
    var settled = LeaseSettled()
    settled.answers = settlements.map { end in
      answer(end.token, spent: end.spent, end.result) { hold in
        .settle(
          token: end.token.number, outcome: end.outcome,
          run: RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: end.note),
          jitter: end.jitter)
      }
    }
    settled.emitted = try emit(
      zip(settlements, settled.answers).compactMap { end, answer in
        guard case .moved(.done(let ending)) = answer else { return nil }
        return (end.token.key, ending.tally.batch, end.emitted)
      })
    return settled
  }

  private func answer(
    _ token: Token, spent: Amounts = [:], _ result: ItemResult? = nil, _ event: (Hold) -> Event
  ) -> LeaseAnswer {
    guard token.incarnation == incarnation, let name = name(of: token.key.queue),
      case .processing(let hold)? = queues[name]?.entries[token.key]?.state,
      hold.token == token.number
    else { return .stale }
    guard case .lease = hold.holder else { return .ofWorker }
    apply(
      event(hold), to: token.key, in: name, policy: policy(of: name), spent: spent,
      result: result)
    return queues[name]?.entries[token.key].map { .moved($0.state) } ?? .stale
  }
}
