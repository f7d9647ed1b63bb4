import QueueCore
import Testing

/// Every state with every event: what follows, or why it is refused.
@Suite struct TransitionTests {
  private static let now = Timestamp(microseconds: 1_000_000)
  private static let tally = Tally(attempts: 1, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)
  private static let run = RunSummary(
    exit: .exited(1), startedAt: Timestamp(microseconds: 1), endedAt: Timestamp(microseconds: 2),
    message: [1])
  private static let ending = Ending(tally: tally, reason: .failed, run: run)
  private static let hold = Hold(
    tally: tally, token: 5, holder: .worker(WorkerID(2)), since: Timestamp(microseconds: 3))
  private static let states: [ItemState] = [
    .pending(tally),
    .delayed(Delay(tally: tally, until: now, reason: .backoff, lastRun: run)),
    .processing(hold), .done(ending), .failed(ending),
  ]

  private func apply(_ event: Event, to state: ItemState, _ policy: RetryPolicy = RetryPolicy())
    throws(Refusal) -> ItemState?
  {
    try Transition.apply(event, to: state, policy: policy, now: Self.now).after
  }

  private func settle(
    _ outcome: Outcome, jitter: Double = 0.5, token: UInt64 = 5
  ) -> Event {
    .settle(token: token, outcome: outcome, run: Self.run, jitter: jitter)
  }

  /// The statuses after an event, by the status before; nil: refused with it. "gone" is removed.
  private func check(_ event: Event, _ expected: [String?], sourceLocation: SourceLocation) {
    for (state, expected) in zip(Self.states, expected) {
      do throws(Refusal) {
        let next = try apply(event, to: state)
        #expect(
          next?.status.rawValue ?? "gone" == expected, "\(state.status)",
          sourceLocation: sourceLocation)
      } catch {
        #expect(expected == nil, "\(state.status)", sourceLocation: sourceLocation)
        let refusal: Refusal =
          if case .settle = event { .stale } else { .wrongStatus(state.status) }
        #expect(error == refusal, sourceLocation: sourceLocation)
      }
    }
  }

  @Test(
    arguments: [
      (Event.claim(token: 9, holder: .worker(WorkerID(4))), ["processing", nil, nil, nil, nil]),
      (.due, [nil, "pending", nil, nil, nil]),
      (.orphan, [nil, nil, "processing", nil, nil]),
      (.retry, [nil, nil, nil, nil, "pending"]),
      (.remove(force: false), ["gone", "gone", nil, "gone", "gone"]),
      (.remove(force: true), ["gone", "gone", "gone", "gone", "gone"]),
      (
        .settle(token: 5, outcome: .succeeded, run: run, jitter: 0),
        [nil, nil, "done", nil, nil]
      ),
      (.settle(token: 6, outcome: .succeeded, run: run, jitter: 0), [nil, nil, nil, nil, nil]),
    ] as [(Event, [String?])])
  func `each event applies in the statuses of the table`(_ event: Event, _ expected: [String?]) {
    check(event, expected, sourceLocation: #_sourceLocation)
  }

  @Test func `a claim keeps the tally and says who, by what and since when`() throws {
    let next = try apply(.claim(token: 9, holder: .worker(WorkerID(4))), to: Self.states[0])
    let hold = Hold(tally: Self.tally, token: 9, holder: .worker(WorkerID(4)), since: Self.now)
    #expect(next == .processing(hold) && !hold.orphaned)
  }

  @Test func `an orphan keeps its hold, also the second time`() throws {
    var orphaned = Self.hold
    orphaned.orphaned = true
    #expect(try apply(.orphan, to: .processing(Self.hold)) == .processing(orphaned))
    #expect(try apply(.orphan, to: .processing(orphaned)) == .processing(orphaned))
    #expect(try apply(settle(.released), to: .processing(orphaned)) == .pending(Self.tally))
  }

  @Test func `a due item keeps its tally, a retried one begins anew`() throws {
    #expect(try apply(.due, to: Self.states[1]) == .pending(Self.tally))
    #expect(try apply(.retry, to: Self.states[4]) == .pending(Tally()))
  }

  /// A settlement of a hold with the tally 1, 1, 0, 2, 3: the tally after, what counts apart.
  @Test(arguments: [
    (Outcome.succeeded, Tally(attempts: 2, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)),
    (.failed(final: true), Tally(attempts: 2, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)),
    (.failed(final: false), Tally(attempts: 2, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)),
    (.crashed, Tally(attempts: 2, crashes: 2, timeouts: 0, deferrals: 2, losses: 3)),
    (.timedOut, Tally(attempts: 2, crashes: 1, timeouts: 1, deferrals: 2, losses: 3)),
    (.deferred(for: nil), Tally(attempts: 1, crashes: 1, timeouts: 0, deferrals: 3, losses: 3)),
    (.lost(.charged), Tally(attempts: 1, crashes: 1, timeouts: 0, deferrals: 2, losses: 4)),
    (.lost(.unbegun), Tally(attempts: 1, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)),
    (.released, Tally(attempts: 1, crashes: 1, timeouts: 0, deferrals: 2, losses: 3)),
  ])
  func `each outcome is counted apart`(_ outcome: Outcome, _ tally: Tally) throws {
    let next = try apply(settle(outcome), to: .processing(Self.hold))
    #expect(next?.tally == tally)
  }

  private func change(_ event: Event, to state: ItemState) throws -> Change {
    try Transition.apply(event, to: state, policy: RetryPolicy(), now: Self.now)
  }

  /// What follows from the end of a run.
  @Test(
    arguments: [
      (.succeeded, .replaced, .done, .waiters, false),
      (.failed(final: true), .replaced, .failed, .waiters, false),
      (.failed(final: false), .replaced, .retried, .claimers(now + .milliseconds(500)), false),
      (.deferred(for: .seconds(7)), .replaced, .retried, .claimers(now + .seconds(7)), false),
      (.lost(.charged), .stays, nil, .claimers(nil), false),
      (.released, .stays, nil, .claimers(nil), true),
    ] as [(Outcome, Effects.OutputChange, Effects.Counted?, Effects.Wake, Bool)])
  func `the end of a run says what follows`(
    _ outcome: Outcome, _ output: Effects.OutputChange, _ counted: Effects.Counted?,
    _ wake: Effects.Wake, _ givesStartBack: Bool
  ) throws {
    var hold = Self.hold
    hold.tally.attempts = 0
    hold.tally.losses = 0
    let change = try change(settle(outcome), to: .processing(hold))
    #expect(
      (change.effects.output, change.effects.counted, change.effects.wake) == (
        output, counted, wake
      ))
    #expect(change.effects.givesStartBack == givesStartBack && !change.effects.revokes)
    #expect(change.isEnd == [.done, .failed].contains(change.after?.status))
  }

  @Test func `an item that comes or goes says what follows`() throws {
    let later = Self.now + .seconds(5)
    let delayed = Transition.enqueue(until: later)
    #expect(delayed.effects.counted == .enqueued && delayed.effects.wake == .claimers(later))
    #expect(Transition.enqueue(until: nil).effects.wake == .claimers(nil))
    let removed = try change(.remove(force: true), to: .processing(Self.hold))
    #expect(removed.effects.revokes && removed.effects.wake == .all && !removed.isEnd)
    #expect(try change(.remove(force: true), to: Self.states[3]).effects.revokes == false)
    let retried = try change(.retry, to: Self.states[4])
    #expect(
      retried.effects.output == .goes && retried.effects.wake == .all
        && retried.effects.counted == nil)
    var counts = Counts()
    let waiting = try #require(delayed.after)
    counts.enqueue(waiting, times: 3)
    #expect(counts.enqueued == 3 && counts.delayed == 3 && counts.scheduled == 3)
    #expect(try change(.remove(force: false), to: waiting).after == nil)
    counts.move(waiting, to: nil)
    #expect(counts.removed == 1 && counts.scheduled == 2 && counts.areConserved)
  }
}
