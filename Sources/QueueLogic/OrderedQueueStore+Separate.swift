import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Makes a store of its own of one that was copied from another, in one transaction: who works on that one does
  /// not work on this. Gives back how many items were claimed.
  ///
  /// Their claims end as if they had never begun: whatever their runs come to is the other store's, and there is
  /// nobody here who could have lost them. So nothing is counted, the items are pending again, and runs of removed
  /// items hold no id back. Workers are forgotten, and tokens are others from now on, as are its locks.
  public func separate() throws(StoreError) -> Int {
    var identity = identity
    let released = try write { session in
      let tokens = try session.reading.claims(of: nil)
      for token in tokens { try session.release(token) }
      for run in try session.revoked() { try session.forget(run) }
      for worker in try session.reading.readableWorkers() { try session.forget(worker.id) }
      identity = StoreIdentity(
        number: identity.number, mark: try presence.mark(), salt: .random(in: 1 ... .max))
      try identity.write(in: &session)
      return tokens.count
    }
    adopt(identity)
    return released
  }
}

extension WriteSession {
  /// Ends a claim that nobody has: its item is as it was before.
  fileprivate mutating func release(_ token: Token) throws {
    let key = token.key
    guard let state = try reading.state(of: key, in: .processing),
      case .processing(let hold) = state
    else { return }
    let run = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: [])
    let policy = try queue(key.queue).settings.applied(to: RetryPolicy())
    let event = Event.settle(token: hold.token, outcome: .released, run: run, jitter: 0)
    try apply(Transition.apply(event, to: state, policy: policy, now: now), to: key, in: state)
  }
}
