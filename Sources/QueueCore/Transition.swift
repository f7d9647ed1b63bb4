/// What can happen to an item.
public enum Event: Hashable, Sendable {
  /// Somebody takes it.
  case claim(token: UInt64, holder: Holder)
  /// The lease of this token number is to hold it until another moment.
  case extend(token: UInt64, until: Timestamp)
  /// The moment has come at which its lease ends.
  case expire
  /// The claim of this token number ends; `jitter`, in 0..<1, spreads a retry.
  case settle(token: UInt64, outcome: Outcome, run: RunSummary, jitter: Double)
  /// Its moment has come.
  case due
  /// Something that it awaits has come.
  case release(Awaited)
  /// Its worker is dead, but something of the run is alive that could not be ended.
  case orphan
  /// Somebody wants it tried afresh that has failed.
  case retry
  /// Somebody wants it to be done again that has ended.
  case rerun
  /// It has another payload now.
  case changed
  /// Nobody wants to see it any more that has ended.
  case prune(keepsID: Bool)
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
///    │   │   └─ released, lost,   ├─────────────────────→ failed
///    │   │      lease ran out     │                         │
///    │   │                        │ settle failed, deferred  │
///    └─→ │── due ──── delayed ←───┘                          │
///        └── retry, rerun (also of what is done) ────────────┘
/// ```
public enum Transition {
  /// Somebody wants an item done that was not there: of this group and batch, not before a moment if one is
  /// given, and not before all of `awaited` has come.
  public static func enqueue(
    until: Timestamp?, group: UInt32 = 0, batch: UInt32 = 0, awaited: [Awaited] = []
  ) -> Change {
    let tally = Tally(group: group, batch: batch)
    var change = Change(to: .pending(tally))
    if !awaited.isEmpty {
      let until = until ?? Timestamp(microseconds: 0)
      change.after = .delayed(
        Delay(tally: tally, until: until, reason: .awaiting, lastRun: nil, awaited: awaited))
    } else if let until {
      change.after = .delayed(
        Delay(tally: tally, until: until, reason: .scheduled, lastRun: nil))
    }
    change.effects.counted = .enqueued
    if awaited.isEmpty { change.effects.wake = .claimers(until) }
    return change
  }

  /// What `event` does to an item in `state`.
  public static func apply(
    _ event: Event, to state: ItemState, policy: RetryPolicy, now: Timestamp
  ) throws(Refusal) -> Change {
    // The two of every item's life; everything else is rare beside them.
    switch (event, state) {
    case (.claim(let token, let holder), .pending(let tally)):
      return Change(
        to: .processing(Hold(tally: tally, token: token, holder: holder, since: now)))
    case (.settle(let token, let outcome, let run, let jitter), .processing(let hold)):
      guard hold.token == token || Cure.tokenCheck.isLeftOut else { throw .stale }
      if hold.repeats { return repeated(hold, outcome) }
      return ended(
        settled(hold.tally, outcome, run, jitter: jitter, policy: policy, now: now), outcome)
    default: return try applyRare(event, to: state, policy: policy, now: now)
    }
  }

  private static func applyRare(
    _ event: Event, to state: ItemState, policy: RetryPolicy, now: Timestamp
  ) throws(Refusal) -> Change {
    var change = Change(to: nil)
    switch (event, state) {
    case (.extend(let token, let until), .processing(var hold)):
      guard hold.token == token, hold.leaseEnd != nil else { throw .stale }
      hold.holder = .lease(until: until)
      change.after = .processing(hold)
    case (.extend, _):
      throw .stale

    case (.expire, .processing(let hold)):
      guard let end = hold.leaseEnd, end <= now else { throw .wrongStatus(.processing) }
      let run = RunSummary(
        exit: nil, startedAt: hold.since, endedAt: now, message: Array("its lease ran out".utf8))
      let outcome = Outcome.lost(.charged)
      if hold.repeats { return repeated(hold, outcome) }
      return ended(
        settled(hold.tally, outcome, run, jitter: 0, policy: policy, now: now), outcome)

    case (.settle, _):
      throw .stale

    case (.due, .delayed(let delay)) where delay.reason != .awaiting:
      change.after = .pending(delay.tally)

    case (.release(let awaited), .delayed(var delay)) where delay.awaited.contains(awaited):
      delay.awaited.removeAll { $0 == awaited }
      change.after = .delayed(delay)
      guard delay.awaited.isEmpty else { break }
      if delay.until > now {
        delay.reason = .scheduled
        change.after = .delayed(delay)
        change.effects.wake = .claimers(delay.until)
      } else {
        change.after = .pending(delay.tally)
        change.effects.wake = .claimers(nil)
      }

    case (.orphan, .processing(var hold)) where hold.worker != nil:
      if !hold.orphaned { change.effects.wake = .all }
      hold.orphaned = true
      change.after = .processing(hold)

    case (.retry, .failed(let ending)), (.rerun, .failed(let ending)),
      (.rerun, .done(let ending)), (.changed, .failed(let ending)), (.changed, .done(let ending)):
      change.after = .pending(ending.tally.cleared)
      change.effects.output = .goes
      change.effects.wake = .all

    case (.changed, .processing(var hold)):
      hold.repeats = true
      change.after = .processing(hold)
    case (.changed, .delayed(let delay))
    where delay.reason == .backoff || delay.reason == .deferred:
      change.after = .pending(delay.tally.cleared)
      change.effects.output = .goes
      change.effects.wake = .all
    case (.changed, .pending(let tally)) where !tally.isClear:
      change.after = .pending(tally.cleared)
      change.effects.output = .goes
    case (.changed, .pending), (.changed, .delayed):
      change.after = state

    case (.prune(let keepsID), .done), (.prune(let keepsID), .failed):
      change.effects.keepsID = keepsID
      change.effects.output = .goes

    case (.remove(let force), _):
      if case .processing(let hold) = state {
        if !force { throw .wrongStatus(.processing) }
        // Of what a lease holds no run is known that could be waited for.
        change.effects.revokes = hold.worker != nil
        if hold.worker == nil { change.effects.reservation = .isSpent }
      }
      change.effects.output = .goes
      change.effects.wake = .all

    default:
      throw .wrongStatus(state.status)
    }
    return change
  }

  /// Whether a run with this outcome is its item's last: done, or failed for good. The one answer,
  /// for the store, for what comes out in order and for what ends a worker's run.
  public static func isEnd(_ outcome: Outcome, after tally: Tally, policy: RetryPolicy) -> Bool {
    // What succeeds ends, whatever was before; most do.
    if case .succeeded = outcome { return true }
    let moment = Timestamp(microseconds: 0)
    let run = RunSummary(exit: nil, startedAt: moment, endedAt: moment, message: [])
    let hold = Hold(tally: tally, token: 0, holder: .worker(WorkerID(0)), since: moment)
    let event = Event.settle(token: 0, outcome: outcome, run: run, jitter: 0)
    return (try? apply(event, to: .processing(hold), policy: policy, now: moment).isEnd) ?? false
  }

  /// What follows from the end of a claim.
  private static func ended(_ next: ItemState, _ outcome: Outcome) -> Change {
    var change = Change(to: next)
    switch next {
    case .pending: change.effects.wake = .claimers(nil)
    case .delayed(let delay):
      change.effects.wake = .claimers(delay.until)
      change.effects.counted = .retried
    case .done:
      change.effects.wake = .waiters
      change.effects.counted = .done
    case .failed:
      change.effects.wake = .waiters
      change.effects.counted = .failed
    case .processing: break
    }
    change.effects.reservation = .goes
    switch outcome {
    case .released: change.effects.givesStartBack = true
    case .lost(let run): if run != .unbegun { change.effects.reservation = .isSpent }
    case .succeeded, .failed, .crashed, .timedOut, .deferred: change.effects.output = .replaced
    }
    return change
  }

  /// What follows from the end of a claim whose item has another payload since: nothing of that run is its end.
  private static func repeated(_ hold: Hold, _ outcome: Outcome) -> Change {
    var change = ended(.pending(hold.tally.cleared), outcome)
    change.effects.output = .goes
    switch outcome {
    case .released, .lost: break
    case .succeeded, .failed, .crashed, .timedOut, .deferred: change.effects.counted = .retried
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
    case .lost(let lost):
      guard lost == .charged else { return .pending(tally) }
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
