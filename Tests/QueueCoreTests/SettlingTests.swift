import QueueCore
import Testing

/// Where settlements lead at the limits of the policy.
@Suite struct SettlingTests {
  private let now = Timestamp(microseconds: 1_000_000)
  private let run = RunSummary(
    exit: nil, startedAt: Timestamp(microseconds: 1), endedAt: Timestamp(microseconds: 2),
    message: [])

  private func settle(
    _ outcome: Outcome, after tally: Tally, _ policy: RetryPolicy = RetryPolicy(),
    jitter: Double = 0.5
  ) throws -> ItemState? {
    let hold = Hold(tally: tally, token: 1, holder: .worker(WorkerID(1)), since: now)
    return try Transition.apply(
      .settle(token: 1, outcome: outcome, run: run, jitter: jitter), to: .processing(hold),
      policy: policy, now: now
    ).after
  }

  private func tally(attempts: UInt32 = 0, deferrals: UInt32 = 0, losses: UInt32 = 0) -> Tally {
    Tally(attempts: attempts, crashes: 0, timeouts: 0, deferrals: deferrals, losses: losses)
  }

  @Test(arguments: [
    (Outcome.failed(final: false), Ending.Reason.failed), (.crashed, .crashed),
    (.timedOut, .timedOut),
  ])
  func `the last allowed attempt fails for good, the one before does not`(
    _ outcome: Outcome, _ reason: Ending.Reason
  ) throws {
    guard case .delayed(let delay)? = try settle(outcome, after: tally(attempts: 1)) else {
      Issue.record("an attempt was left")
      return
    }
    #expect(delay.reason == .backoff && delay.lastRun == run)
    #expect(delay.until == now + .seconds(1))
    guard case .failed(let ending)? = try settle(outcome, after: tally(attempts: 2)) else {
      Issue.record("no attempt was left")
      return
    }
    #expect(ending.reason == reason && ending.run == run && ending.tally.attempts == 3)
  }

  @Test func `an item may be deferred as often as the policy says`() throws {
    var policy = RetryPolicy()
    policy.maximumDeferrals = 2
    let state = try settle(.deferred(for: nil), after: tally(deferrals: 1), policy)
    let delay = Delay(
      tally: tally(deferrals: 2), until: now + .seconds(2), reason: .deferred, lastRun: run)
    #expect(state == .delayed(delay))
    let last = try settle(.deferred(for: .seconds(1)), after: tally(deferrals: 2), policy)
    let ending = Ending(tally: tally(deferrals: 3), reason: .deferredTooOften, run: run)
    #expect(last == .failed(ending))
  }

  @Test func `a deferral lasts as long as the handler says`() throws {
    let state = try settle(.deferred(for: .seconds(77)), after: tally(deferrals: 9))
    guard case .delayed(let delay)? = state else {
      Issue.record("not delayed")
      return
    }
    #expect(delay.until == now + .seconds(77))
  }

  @Test func `losses end in poison at the limit, never without one`() throws {
    #expect(
      try settle(.lost(.charged), after: tally(losses: 3)) == .pending(tally(losses: 4)))
    let ending = Ending(tally: tally(losses: 5), reason: .poison, run: run)
    #expect(try settle(.lost(.charged), after: tally(losses: 4)) == .failed(ending))
    #expect(
      try settle(.lost(.unbegun), after: tally(losses: 4)) == .pending(tally(losses: 4)))
    var policy = RetryPolicy()
    policy.maximumLosses = 0
    #expect(
      try settle(.lost(.charged), after: tally(losses: 99), policy)
        == .pending(tally(losses: 100)))
  }

  @Test func `a success ends well, however many attempts there were`() throws {
    let ending = Ending(tally: tally(attempts: 10), reason: .succeeded, run: run)
    #expect(try settle(.succeeded, after: tally(attempts: 9)) == .done(ending))
  }
}
