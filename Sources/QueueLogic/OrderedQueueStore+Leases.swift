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
      try session.endBatches()
      try session.promote(queue)
      try session.trim(queue, ended: request.wanted)
      let revoked = try session.revoked(of: queue)
      let demand = ClaimDemand(
        wanted: request.wanted, holder: .lease(until: result.until),
        payloadBudget: request.payloadBudget, withPayloads: request.withPayloads,
        asLines: request.asLines, reserve: request.reserve)
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
    var answers: [LeaseAnswer] = []
    while answers.count < tokens.count {
      let part = tokens[answers.count...].prefix(Turn.maximumItems)
      answers += try write { session in
        try session.reading.prefetch(held: part.map(\.key), now: session.now)
        let until = session.now + length
        var moves = MoveBatch()
        let answers = try part.map { token in
          try session.answer(token, &moves) { _ in .extend(token: token.number, until: until) }
        }
        try session.apply(&moves)
        return answers
      }
    }
    return answers
  }

  /// Ends claims by lease; see ``QueueStore``.
  public func settle(_ settlements: [LeaseSettlement]) throws(StoreError) -> LeaseSettled {
    for end in settlements { try Emissions.refuseTooMany(end.emitted) }
    var settled = LeaseSettled()
    while settled.answers.count < settlements.count {
      let part = settlements[settled.answers.count...].prefix(Turn.maximumItems)
      let (answers, emitted) = try write { session in
        try session.reading.prefetch(held: part.map(\.token.key), now: session.now)
        var moves = MoveBatch()
        let answers = try part.map { try session.settle($0, &moves) }
        try session.apply(&moves)
        var emissions = Emissions()
        for (end, answer) in zip(part, answers) {
          guard case .moved(.done(let ending)) = answer else { continue }
          emissions.add(end.emitted, of: end.token.key, into: ending.tally.batch)
        }
        return (answers, try session.emit(emissions))
      }
      settled.answers += answers
      settled.emitted += emitted
    }
    return settled
  }

  /// Ends leases whose moment has come; see ``QueueStore``.
  public func expire() throws(StoreError) -> Int { try write { try $0.expire() } }
}
