import QueueCore
import System

extension Ledger {
  /// Settles what ended and claims for free slots, in one commit, if there is anything to do.
  func turn() throws(StoreError) {
    let began = world.now
    guard trouble.retryAt <= began else { return }
    var turn = Turn(queue: plan.queue, worker: world.worker)
    turn.rate = plan.given.rate
    turn.withPayloads = plan.shape.hasPayloads
    (turn.reserve, turn.collects) = (plan.reserve, plan.collects)
    turn.recipe = plan.recipe
    turn.wanted = wanted
    claims.fill(&turn)
    let isIdle = turn.settlements.isEmpty && turn.wanted == 0 && queue.isFresh
    if isIdle && !trouble.asksForTurn { return }
    if !turn.settlements.isEmpty { try syncRecords() }
    let result: TurnResult
    do {
      result = try store.turn(turn)
    } catch {
      return try bear(error, ofTurn: true)
    }
    take(result, of: turn, began: began)
    do {
      try follow()
      if trouble.isUnknown {
        // Those too that somebody removed meanwhile: until they are settled their ids are held back.
        let tokens = try store.claims(of: world.worker) + store.revoked(of: world.worker)
        claims.adopt(tokens, now: store.now)
      }
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

  private func take(_ result: TurnResult, of turn: Turn, began: UInt64) {
    let now = world.now
    var returned = 0
    for place in result.settled.indices {
      note(place, of: turn, result)
      if case .moved(.pending) = result.settled[place] { returned += 1 }
    }
    lookAhead.committed(turn.settlements.count, from: began, to: now)
    slots.forget(claims.commit(returned: returned))
    claims.take(result.claims)
    queue.take(result, wanted: turn.wanted, now: now)
    handOver(result.claims, isLast: result.claims.count < turn.wanted)
    report.emitted += result.emitted
    endRevoked(result.revoked)
    if queue.lacksLeave(at: result.now) { giveBack() }
  }

  /// Notes what came of one settlement.
  private func note(_ place: Int, of turn: Turn, _ result: TurnResult) {
    report.note(turn.settlements[place].outcome)
    if case .moved(let state) = result.settled[place] {
      report.note(claims.ended[place].id, state, after: claims.ended[place].duration)
    } else if !trouble.isUnknown && !claims.ended[place].isAdopted {
      report.outcomes.stale += 1
      let id = VisibleText.id(claims.ended[place].id)
      world.say(
        claims.isRevoked(turn.settlements[place].token.number)
          ? "q-work: removed while this worker had it, its run is ended: \(id)"
          : "q-work: refused: the claim of \(id) is not this worker's any more")
    }
  }

  // MARK: What the queue is set to

  /// Follows the queue's settings.
  func follow() throws(StoreError) {
    guard let old = queue.follow() else { return }
    slots.follow(queue.settings)
    guard queue.settings.slots != old.slots, search == nil else { return }
    try changeSlots(queue.settings.slots)
  }

  // MARK: A store that refuses

  /// Runs something that needs the store; what may pass is borne.
  func attempt(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    do {
      try body()
      if !trouble.asksForTurn { pass() }
    } catch {
      try bear(error)
    }
  }

  private func bear(_ error: StoreError, ofTurn: Bool = false) throws(StoreError) {
    let isNew = try trouble.bear(
      error, ofTurn: ofTurn, now: world.now, isHurried: shutdown.isKilling)
    if isNew { world.say("q-work: \(error.message) (trying again for a minute)") }
  }

  private func pass() {
    if trouble.pass() { world.say("q-work: the store can be used again") }
  }
}
