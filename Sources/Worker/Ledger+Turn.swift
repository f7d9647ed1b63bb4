import Glibc
import QueueCore
import System

extension Ledger {
  /// How long a store that takes no commits is tried again before the worker gives up.
  private static var patience: UInt64 { 60_000_000_000 }

  /// Settles what ended and claims for free slots, in one commit, if there is anything to do.
  func turn() throws(StoreError) {
    guard trouble.retryAt <= MonotonicTime.now() else { return }
    var turn = Turn(queue: plan.queue, worker: registration.worker)
    turn.rate = plan.given.rate
    turn.settlements = ended.map(\.settlement)
    turn.wanted = wanted()
    turn.pause = pause
    // After a turn that failed an empty one shows that the store works, and what became of the other.
    let isTold = trouble.isOfTurn || trouble.isUnknown
    guard !turn.settlements.isEmpty || turn.wanted > 0 || !isFresh || isTold else { return }
    if !turn.settlements.isEmpty { try syncRecords() }
    let began = MonotonicTime.now()
    let result: TurnResult
    do {
      result = try store.turn(turn)
    } catch {
      trouble.isOfTurn = true
      try bear(error)
      return
    }
    let now = MonotonicTime.now()
    lookAhead.committed(in: now - began)
    committedAt = now
    ownRevision = result.revision
    take(result, of: turn, now: now)
    do {
      if let summary { try follow(summary.settings) }
      if trouble.isUnknown { try adopt() }
      trouble.isUnknown = false
      pass()
    } catch {
      try bear(error)
    }
  }

  /// What is recorded outside the store is as durable as what is settled.
  private func syncRecords() throws(StoreError) {
    do throws(SystemError) {
      for recorder in plan.recorders { try recorder.sync() }
    } catch {
      throw StoreError(.inputOutput, "cannot make results durable: \(error)")
    }
  }

  /// Runs something that needs the store; what may pass is borne.
  func attempt(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    do {
      try body()
      if !trouble.isUnknown && !trouble.isOfTurn { pass() }
    } catch {
      try bear(error)
    }
  }

  /// The store works.
  private func pass() {
    if trouble.since != nil { gate.say("q-work: the store can be used again") }
    trouble = Trouble()
  }

  /// Lets a moment pass while the slots have work without the ledger, so that more shares a commit.
  func gather() {
    guard ending == nil, sharing.ready.count > 0 else { return }
    let now = MonotonicTime.now()
    let next = committedAt + LookAhead.pause
    if now < next { usleep(UInt32((next - now) / 1_000)) }
  }

  /// How many items could be claimed and run now.
  func wanted() -> Int {
    guard ending == nil, canClaim else { return 0 }
    // Under a rate a claim is a start.
    let ahead =
      current.rate == nil ? lookAhead.count(rate: meter.rate(now: MonotonicTime.now())) : 0
    let room = OutputOrder.limit - (sharing.order?.count ?? 0)
    return max(0, min(slots + ahead - busy, room, (plan.limit ?? .max) - claimed))
  }

  /// Whether there was something to claim at the last look, or is by now.
  private var canClaim: Bool {
    // Where there is no queue there is one look at the start, no more.
    guard let summary else { return !isFresh }
    if isHeldBack { return false }
    let now = store.now
    if summary.isPaused(at: now) || opening.map({ $0 > now }) ?? false { return false }
    return summary.hasItems(at: now)
  }

  /// When the rate lets the next item start; nil where there is no rate.
  var opening: Timestamp? {
    guard let rate = current.rate, let summary else { return nil }
    return rate.opening(after: summary.nextStart, now: store.now)
  }

  private func take(_ result: TurnResult, of turn: Turn, now: UInt64) {
    for (item, settled) in zip(ended, result.settled) { note(item, settled) }
    meter.add(ended.count, now: now)
    for item in ended {
      held[item.settlement.token.number] = nil
      sharing.live.forget(item.settlement.token.number)
    }
    ended.removeAll(keepingCapacity: true)
    summary = result.summary
    claimed += result.claims.count
    for claim in result.claims {
      held[claim.token.number] = claim.token
      ordinal += 1
      sharing.ready.push(Assignment(claim: claim, ordinal: ordinal))
    }
    isFresh = true
    pause = nil
    endRevoked(result.revoked)
    if let summary {
      if summary.isPaused(at: result.now) { giveBack() }
      isHeldBack = turn.wanted > 0 && result.claims.isEmpty && summary.revoked > 0
    }
  }

  private func note(_ item: Ended, _ settled: Settled) {
    switch item.settlement.outcome {
    case .succeeded: hasSucceeded = true
    case .timedOut: report.outcomes.timedOut += 1
    case .crashed: report.outcomes.crashed += 1
    default: break
    }
    guard case .moved(let state) = settled else {
      if trouble.isUnknown { return }
      report.outcomes.stale += 1
      let isRevoked = sharing.live.isRevoked(item.settlement.token.number)
      gate.say(
        isRevoked
          ? "q-work: removed while this worker had it, its run is ended: \(VisibleText.id(item.id))"
          : "q-work: refused: the claim of \(VisibleText.id(item.id)) is not this worker's any more"
      )
      return
    }
    if let duration = item.duration { report.ran(item.id, for: duration) }
    switch state {
    case .done: report.outcomes.succeeded += 1
    case .failed(let ending):
      report.outcomes.failed += 1
      report.failed(item.id, ending)
    case .delayed(let delay) where delay.reason == .deferred:
      report.outcomes.deferred += 1
    case .delayed:
      report.outcomes.retried += 1
    case .pending:
      report.outcomes.released += 1
      claimed -= 1
    case .processing: break
    }
  }

  /// A turn failed. What may pass is tried again; the rest ends the run.
  private func bear(_ error: StoreError) throws(StoreError) {
    guard [.commitUnknown, .inputOutput, .busy].contains(error.code) else { throw error }
    let now = MonotonicTime.now()
    if error.code == .commitUnknown { trouble.isUnknown = true }
    if let since = trouble.since {
      if now - since > Self.patience || isKilling { throw error }
    } else {
      trouble.since = now
      gate.say("q-work: \(error.message) (trying again for a minute)")
    }
    trouble.retryAt = now + 1_000_000_000
  }

  /// After a commit that may or may not have happened: gives back claims that it made.
  private func adopt() throws(StoreError) {
    for token in try store.claims(of: registration.worker)
    where held[token.number] == nil && !left.contains(token.number) {
      held[token.number] = token
      claimed += 1
      ended.append(
        Ended(settlement: Settlement(releasing: token), duration: nil, id: ItemID(unchecked: [])))
    }
  }
}
