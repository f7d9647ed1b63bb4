import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Takes back what a dead worker has claimed; see ``QueueStore``.
  public func release(
    _ worker: WorkerRecord, _ seen: [SeenRun], for queue: QueueName, given: QueueSettings,
    isDead: () -> Bool
  ) throws(StoreError) -> Recovery {
    try write { session in
      var recovery = Recovery()
      guard try session.isRegistered(worker.id), isDead() else { return recovery }
      let own = try session.queueNumber(of: queue)
      let claims = Set(try session.reading.claims(of: worker.id))
      for run in seen where claims.contains(run.token) {
        let isOwn = run.token.key.queue == own
        let told = isOwn ? worker.given.filled(from: given) : worker.given
        try session.take(run, told, isOwn: isOwn, &recovery)
      }
      let revoked = try session.revoked().filter { $0.worker == worker.id }
      for run in revoked {
        guard let seen = seen.first(where: { $0.token == run.token }) else { continue }
        try session.take(run, seen.observation, &recovery)
      }
      let isFree = try session.reading.claims(of: worker.id).isEmpty
      if try isFree && !session.revoked().contains(where: { $0.worker == worker.id }) {
        try session.forget(worker.id)
      }
      return recovery
    }
  }
}

extension WriteSession {
  fileprivate mutating func take(
    _ run: SeenRun, _ told: QueueSettings, isOwn: Bool, _ recovery: inout Recovery
  ) throws {
    let key = run.token.key
    let settings = told.filled(from: try queue(key.queue).settings)
    let policy = settings.applied(to: RetryPolicy())
    guard case .processing(let hold)? = try reading.state(of: key, in: .processing) else { return }
    let state = ItemState.processing(hold)
    switch run.observation {
    case .ended(let lost):
      let summary = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: [])
      let event = Event.settle(
        token: run.token.number, outcome: .lost(lost), run: summary, jitter: 0)
      let change = try Transition.apply(event, to: state, policy: policy, now: now)
      try apply(change, to: key, in: state)
      if isOwn, change.isEnd { recovery.poisoned += 1 }
      recovery.recovered += 1
    case .ending:
      recovery.ending += 1
    case .orphaned:
      try apply(Transition.apply(.orphan, to: state, policy: policy, now: now), to: key, in: state)
      recovery.orphaned += 1
    }
  }

  /// A run whose item was removed.
  fileprivate mutating func take(
    _ run: RevokedRun, _ seen: RunObservation, _ recovery: inout Recovery
  ) throws {
    switch seen {
    case .ended(let lost): try forget(run, isLost: lost != .unbegun)
    case .ending: recovery.ending += 1
    case .orphaned: recovery.orphaned += 1
    }
  }

  func forget(_ worker: WorkerID) throws {
    _ = try withUnsafeBytes(of: worker.number.bigEndian) { key in
      try transaction.delete(key, in: .workers)
    }
  }
}
