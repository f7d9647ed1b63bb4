/// What can happen to an item.
public enum Event: Hashable, Sendable {
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

/// The only state machine: (state, event, policy, now) → state.
///
/// Pure: no storage, no clock, no chance. Every engine applies it, none decides by itself.
///
/// ```
///             claim                settle succeeded
///   pending ─────────→ processing ──────────────────→ done
///    ↑   ↑                 │  │   settle failed for good
///    │   └─ released,lost ─┘  ├─────────────────────→ failed
///    │                        │ settle failed, deferred  │
///    └──── due ──── delayed ←─┘                          │
///    └──── retry ────────────────────────────────────────┘
/// ```
public enum Transition {
  /// The state after `event`; nil when the item is removed.
  public static func apply(
    _ event: Event, to state: ItemState, policy: RetryPolicy, now: Timestamp
  ) throws(Refusal) -> ItemState? {
    switch (event, state) {
    case (.claim(let token, let worker), .pending(let tally)):
      return .processing(Hold(tally: tally, token: token, worker: worker, since: now))

    case (.settle(let token, let outcome, let run, let jitter), .processing(let hold)):
      guard hold.token == token || Cure.tokenCheck.isLeftOut else { throw .stale }
      return settled(hold.tally, outcome, run, jitter: jitter, policy: policy, now: now)
    case (.settle, _):
      throw .stale

    case (.due, .delayed(let delay)):
      return .pending(delay.tally)

    case (.orphan, .processing(var hold)):
      hold.orphaned = true
      return .processing(hold)

    case (.retry, .failed):
      return .pending(Tally())

    case (.remove(let force), .processing):
      guard force else { throw .wrongStatus(.processing) }
      return nil
    case (.remove, _):
      return nil

    default:
      throw .wrongStatus(state.status)
    }
  }

  /// Whether a run with this outcome is its item's last: done, or failed for good. The one answer,
  /// for the store, for what comes out in order and for what ends a worker's run.
  public static func isEnd(_ outcome: Outcome, after tally: Tally, policy: RetryPolicy) -> Bool {
    let moment = Timestamp(microseconds: 0)
    let run = RunSummary(exit: nil, startedAt: moment, endedAt: moment, message: [])
    switch settled(tally, outcome, run, jitter: 0, policy: policy, now: moment) {
    case .done, .failed: return true
    case .pending, .delayed, .processing: return false
    }
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
