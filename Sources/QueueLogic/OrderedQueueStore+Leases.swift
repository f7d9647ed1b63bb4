import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Claims items that a lease holds; see ``QueueStore``.
  public func claim(_ request: LeaseRequest) throws(StoreError) -> LeaseResult {
    try write { session in
      try session.reading.prefetch(for: request)
      try session.expire()
      var result = LeaseResult(until: session.now + request.length, now: session.now)
      guard let queue = try session.queueNumber(of: request.queue) else { return result }
      try session.reading.prefetch(request.wanted, of: queue, now: session.now)
      try session.promote(queue)
      let revoked = try session.revoked(of: queue)
      let demand = ClaimDemand(
        wanted: request.wanted, holder: .lease(until: result.until),
        payloadBudget: request.payloadBudget, withPayloads: request.withPayloads,
        asLines: request.asLines)
      let claimed = try session.claim(from: queue, demand, revoked)
      (result.claims, result.passedOver) = (claimed.claims, claimed.passedOver)
      result.summary = try session.summary(of: queue, revoked: revoked.count)
      return result
    }
  }

  /// Lets leases hold their items for longer, or shorter; see ``QueueStore``.
  public func extend(
    _ tokens: [Token], by length: Duration
  ) throws(StoreError) -> [LeaseAnswer] {
    try answer(tokens) { session, token in
      let until = session.now + length
      return try session.answer(token) { _ in .extend(token: token.number, until: until) }
    }
  }

  /// Ends claims by lease; see ``QueueStore``.
  public func settle(_ settlements: [LeaseSettlement]) throws(StoreError) -> [LeaseAnswer] {
    var rest = settlements[...]
    return try answer(settlements.map(\.token)) { session, token in
      guard let end = rest.popFirst() else { return .stale }
      let now = session.now
      return try session.answer(token) { hold in
        let run = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: end.note)
        return .settle(token: token.number, outcome: end.outcome, run: run, jitter: end.jitter)
      }
    }
  }

  /// Ends leases whose moment has come; see ``QueueStore``.
  public func expire() throws(StoreError) -> Int { try write { try $0.expire() } }

  /// Does something to each token, so many in a transaction.
  private func answer(
    _ tokens: [Token], _ body: (inout WriteSession, Token) throws -> LeaseAnswer
  ) throws(StoreError) -> [LeaseAnswer] {
    var answers: [LeaseAnswer] = []
    while answers.count < tokens.count {
      let part = tokens[answers.count...].prefix(Turn.maximumItems)
      answers += try write { session in
        try session.reading.prefetch(held: part.map(\.key), now: session.now)
        return try part.map { try body(&session, $0) }
      }
    }
    return answers
  }
}
