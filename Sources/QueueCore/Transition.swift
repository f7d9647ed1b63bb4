/// What can happen to an item.
public enum Event: Hashable, Sendable {
  /// Somebody wants it done, not before a moment if one is given.
  case enqueue(until: Timestamp?)
  /// A worker takes it.
  case claim(token: UInt64, worker: WorkerID)
  /// The claim of this token number ends; `jitter`, in 0..<1, spreads a retry.
  case settle(token: UInt64, outcome: Outcome, run: RunSummary, jitter: Double)
  /// Its moment has come.
  case due
  /// Its worker is dead, but something of the run is alive that could not be ended.
  case orphan
  /// Somebody wants it tried afresh.
  case retry
  /// Somebody wants it gone; `force` takes it from a worker.
  case remove(force: Bool)
}

/// Why an event does not apply to an item.
public enum Refusal: Error, Hashable, Sendable {
  /// The claim was settled, recovered or removed before: the token is not current.
  case stale
  /// The item is in a status in which this cannot happen.
  case wrongStatus(Status)
}

/// The only state machine: (state, event, policy, now) → change.
///
/// Pure: no storage, no clock, no chance. Every engine applies it, none decides by itself.
///
/// ```
///   enqueue     claim                settle succeeded
///   ──→ pending ─────────→ processing ──────────────────→ done
///    │   ↑   ↑                 │  │   settle failed for good
///    │   │   └─ released,lost ─┘  ├─────────────────────→ failed
///    │   │                        │ settle failed, deferred  │
///    └─→ │── due ──── delayed ←───┘                          │
///        └── retry ──────────────────────────────────────────┘
/// ```
public enum Transition {
  /// What `event` does to an item in `state`, nil: to one that is not there.
  public static func apply(
    _ event: Event, to state: ItemState?, policy: RetryPolicy, now: Timestamp
  ) throws(Refusal) -> Change {
    var change = Change(from: state, to: nil)
    switch (event, state) {
    case (.enqueue(let until), nil):
      change.after =
        until.map { .delayed(Delay(tally: Tally(), until: $0, reason: .scheduled, lastRun: nil)) }
        ?? .pending(Tally())
      change.counted = .enqueued
      change.wake = .claimers(until)

    case (.claim(let token, let worker), .pending(let tally)):
      change.after = .processing(Hold(tally: tally, token: token, worker: worker, since: now))

    case (.settle(let token, let outcome, let run, let jitter), .processing(let hold)):
      guard hold.token == token || Cure.tokenCheck.isLeftOut else { throw .stale }
      let next = settled(hold.tally, outcome, run, jitter: jitter, policy: policy, now: now)
      change = ended(change, next, outcome)
    case (.settle, _):
      throw .stale

    case (.due, .delayed(let delay)):
      change.after = .pending(delay.tally)

    case (.orphan, .processing(var hold)):
      if !hold.orphaned { change.wake = .all }
      hold.orphaned = true
      change.after = .processing(hold)

    case (.retry, .failed):
      change.after = .pending(Tally())
      change.output = .goes
      change.wake = .all

    case (.remove(let force), let state?):
      if case .processing(let hold) = state {
        guard force else { throw .wrongStatus(.processing) }
        change.revoked = hold
      }
      change.output = .goes
      change.wake = .all

    default:
      throw state.map { .wrongStatus($0.status) } ?? .stale
    }
    return change
  }

  /// Whether a run with this outcome is its item's last: done, or failed for good. The one answer,
  /// for the store, for what comes out in order and for what ends a worker's run.
  public static func isEnd(_ outcome: Outcome, after tally: Tally, policy: RetryPolicy) -> Bool {
    let moment = Timestamp(microseconds: 0)
    let run = RunSummary(exit: nil, startedAt: moment, endedAt: moment, message: [])
    let hold = Hold(tally: tally, token: 0, worker: WorkerID(0), since: moment)
    let event = Event.settle(token: 0, outcome: outcome, run: run, jitter: 0)
    return (try? apply(event, to: .processing(hold), policy: policy, now: moment).isEnd) ?? false
  }

  /// What follows from the end of a claim.
  private static func ended(_ claim: Change, _ next: ItemState, _ outcome: Outcome) -> Change {
    var change = claim
    change.after = next
    switch next {
    case .pending: change.wake = .claimers(nil)
    case .delayed(let delay):
      change.wake = .claimers(delay.until)
      change.counted = .retried
    case .done:
      change.wake = .waiters
      change.counted = .done
    case .failed:
      change.wake = .waiters
      change.counted = .failed
    case .processing: break
    }
    switch outcome {
    case .released: change.givesStartBack = true
    case .lost: break
    case .succeeded, .failed, .crashed, .timedOut, .deferred: change.output = .replaced
    }
    return change
  }

  private static func settled(
    _ before: Tally, _ outcome: Outcome, _ run: RunSummary, jitter: Double,
    policy: RetryPolicy, now: Timestamp
  ) -> ItemState {
    var tally = before
    switch outcome {
    case .succeeded:
      tally.attempts += 1
      return .done(Ending(tally: tally, reason: .succeeded, run: run))
    case .failed(let final):
      tally.attempts += 1
      return final
        ? .failed(Ending(tally: tally, reason: .failed, run: run))
        : retried(tally, reason: .failed, run, jitter: jitter, policy: policy, now: now)
    case .crashed:
      tally.attempts += 1
      tally.crashes += 1
      return retried(tally, reason: .crashed, run, jitter: jitter, policy: policy, now: now)
    case .timedOut:
      tally.attempts += 1
      tally.timeouts += 1
      return retried(tally, reason: .timedOut, run, jitter: jitter, policy: policy, now: now)
    case .deferred(let wait):
      tally.deferrals += 1
      guard tally.deferrals <= policy.maximumDeferrals else {
        return .failed(Ending(tally: tally, reason: .deferredTooOften, run: run))
      }
      let until = now + (wait ?? policy.deferral(tally.deferrals))
      return .delayed(Delay(tally: tally, until: until, reason: .deferred, lastRun: run))
    case .lost(let started):
      guard started else { return .pending(tally) }
      tally.losses += 1
      guard policy.maximumLosses > 0, tally.losses >= policy.maximumLosses else {
        return .pending(tally)
      }
      return .failed(Ending(tally: tally, reason: .poison, run: run))
    case .released:
      return .pending(tally)
    }
  }

  private static func retried(
    _ tally: Tally, reason: Ending.Reason, _ run: RunSummary, jitter: Double,
    policy: RetryPolicy, now: Timestamp
  ) -> ItemState {
    guard tally.attempts < policy.maximumAttempts else {
      return .failed(Ending(tally: tally, reason: reason, run: run))
    }
    let until = now + policy.backoff(attempt: tally.attempts, jitter: jitter)
    return .delayed(Delay(tally: tally, until: until, reason: .backoff, lastRun: run))
  }
}
