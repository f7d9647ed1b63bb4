import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Takes back the claims of dead workers; see ``QueueStore``.
  ///
  /// Everything is looked at inside the write transaction: the worker first, then its runs, so that
  /// nothing that was seen can change before it is acted upon.
  public func recover(
    observer: some LivenessObserver, for queue: QueueName, given: QueueSettings
  ) throws(StoreError) -> Recovery {
    guard try read({ try $0.workers() }).contains(where: { !observer.isAlive($0) }) else {
      return Recovery()
    }
    return try write { session in
      var recovery = Recovery()
      let own = try session.queueNumber(of: queue)
      for worker in try session.reading.workers()
      where !observer.isAlive(worker) {
        let claims = try session.reading.claims(of: worker.id)
        let revoked = try session.revoked().filter { $0.worker == worker.id }
        let observed = observer.observe(claims + revoked.map(\.token), of: worker)
        for (claim, seen) in zip(claims, observed) {
          let isOwn = claim.key.queue == own
          let told = isOwn ? worker.given.filled(from: given) : worker.given
          try session.take(claim, told, seen, isOwn: isOwn, &recovery)
        }
        for (run, seen) in zip(revoked, observed.dropFirst(claims.count)) {
          try session.take(run, seen, &recovery)
        }
        let isBlocked = observed.contains { if case .ended = $0 { false } else { true } }
        if !isBlocked { try session.forget(worker.id) }
      }
      return recovery
    }
  }
}

extension WriteSession {
  fileprivate mutating func take(
    _ run: Token, _ told: QueueSettings, _ seen: RunObservation, isOwn: Bool,
    _ recovery: inout Recovery
  ) throws {
    let settings = told.filled(from: try queue(run.key.queue).settings)
    let policy = settings.applied(to: RetryPolicy())
    guard let state = try reading.state(of: run.key, in: .processing),
      case .processing(let hold) = state
    else { throw StoreError.unsound("a claim vanished inside its transaction") }
    switch seen {
    case .ended(let started):
      let summary = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: [])
      let event = Event.settle(
        token: run.number, outcome: .lost(started: started), run: summary, jitter: 0)
      let change = try Transition.apply(event, to: state, policy: policy, now: now)
      try apply(change, to: run.key)
      if isOwn, change.isEnd { recovery.poisoned += 1 }
      recovery.recovered += 1
    case .ending:
      recovery.ending += 1
    case .orphaned:
      try apply(Transition.apply(.orphan, to: state, policy: policy, now: now), to: run.key)
      recovery.orphaned += 1
    }
  }

  /// A run whose item was removed.
  fileprivate mutating func take(
    _ run: RevokedRun, _ seen: RunObservation, _ recovery: inout Recovery
  ) throws {
    switch seen {
    case .ended: try forget(run)
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
