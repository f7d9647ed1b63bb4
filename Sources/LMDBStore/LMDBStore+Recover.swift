import LMDB
public import QueueCore

extension LMDBStore {
  /// Takes back the claims of dead workers; see ``QueueStore``.
  ///
  /// Everything is looked at inside the write transaction: the worker first, then its runs, so that
  /// nothing that was seen can change before it is acted upon.
  public func recover(
    observer: some LivenessObserver, for queue: QueueName, policy: RetryPolicy, now: Timestamp
  ) throws(StoreError) -> Recovery {
    guard try read({ try $1.workers(in: $0) }).contains(where: { !observer.isAlive($0) }) else {
      return Recovery()
    }
    return try write { session in
      var recovery = Recovery()
      let own = try session.queueNumber(of: queue)
      for worker in try session.reading.workers(in: session.transaction)
      where !observer.isAlive(worker) {
        let runs = try session.reading.claims(of: worker.id, in: session.transaction)
        var isBlocked = false
        for (run, seen) in zip(runs, observer.observe(runs, of: worker)) {
          let isOwn = run.key.queue == own
          let policy =
            isOwn
            ? policy : try session.queue(run.key.queue).settings.applied(to: RetryPolicy())
          try session.take(run, seen, policy, isOwn: isOwn, now, &recovery)
          if case .ended = seen { continue }
          isBlocked = true
        }
        if !isBlocked { try session.forget(worker.id) }
      }
      return recovery
    }
  }
}

extension WriteSession {
  fileprivate mutating func take(
    _ run: Token, _ seen: RunObservation, _ policy: RetryPolicy, isOwn: Bool, _ now: Timestamp,
    _ recovery: inout Recovery
  ) throws {
    guard let state = try reading.state(of: run.key, in: .processing, transaction),
      case .processing(let hold) = state
    else { throw RecordReader.unsound("a claim vanished inside its transaction") }
    switch seen {
    case .ended(let started):
      let summary = RunSummary(exit: nil, startedAt: hold.since, endedAt: now, message: [])
      let event = Event.settle(
        token: run.number, outcome: .lost(started: started), run: summary, jitter: 0)
      if let next = try Transition.apply(event, to: state, policy: policy, now: now) {
        try settled(run.key, from: state, to: next, at: now)
        if isOwn, next.status == .failed { recovery.poisoned += 1 }
      }
      recovery.recovered += 1
    case .ending:
      recovery.ending += 1
    case .orphaned:
      if !hold.orphaned {
        let next = try Transition.apply(.orphan, to: state, policy: policy, now: now)
        try change(run.key, from: state, to: next)
        wake(run.key.queue)
      }
      recovery.orphaned += 1
    }
  }

  func forget(_ worker: WorkerID) throws {
    _ = try withUnsafeBytes(of: worker.number.bigEndian) { key in
      try transaction.delete(key, in: databases.workers)
    }
  }
}
