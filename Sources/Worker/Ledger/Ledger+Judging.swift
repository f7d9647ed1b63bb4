import Glibc
import QueueCore

extension Ledger {
  /// Judges what the slots have reported.
  func takeFinished() {
    let now = world.now
    var decided: [Finished] = []
    for finished in slots.takeFinished() {
      if finished.isByEndSignal {
        doubtful.add(finished, now: now)
      } else {
        decided.append(finished)
      }
    }
    let all = shutdown.isAskedFor || shutdown.isKilling
    for finished in decided + doubtful.take(now: now, all: all) {
      judge(finished)
      haltIfNeeded()
    }
  }

  private func judge(_ finished: Finished) {
    if reload(finished) { return }
    note(finished)
    var answers: [Answer]?
    if case .answered(var all) = finished.end {
      refuseLarge(&all)
      answers = all
    }
    let exits = plan.exits
    let hasRevoked = finished.claims.contains { claims.isRevoked($0.token.number) }
    var (isHeard, hasRested) = (false, false)
    var emitted = finished.emitted
    for place in finished.claims.indices {
      let claim = finished.claims[place]
      let isRevoked = hasRevoked && claims.isRevoked(claim.token.number)
      // Of answers there may be hundreds of thousands a second: no more is looked at than they say.
      let verdict =
        answers.map { Verdict($0[place], exits, isRevoked: isRevoked) }
        ?? Verdict(
          finished, place, plan, shutdown, isRevoked: isRevoked, hasRevoked: hasRevoked)
      // What a run of many has spent is booked once.
      let spent = answers?[place].spent ?? self.spent(finished, place)
      switch verdict {
      case .settle(let exit, let outcome):
        isHeard = true
        let length = answers == nil ? finished.control.rest : answers?[place].rest
        hasRested = hasRested || length != nil
        settle(
          claim, of: finished, exit, outcome, message: answers?[place].note ?? finished.message,
          emitted: answers?[place].emitted ?? emitted, rest: length, spent: spent,
          result: answers == nil ? finished.result : answers?[place].result,
          isFirst: place == 0 || finished.isOfEach)
        // Of a run of many the first that succeeds stands for all.
        if outcome == .succeeded { emitted = [] }
      case .release(let reason):
        release(claim, spent: spent)
        if let reason {
          isHeard = true
          end(because: reason)
        }
      case .leave: claims.leave(claim.token)
      }
    }
    // Of what was claimed and not started some may be of the group that rests.
    if hasRested { giveBack() }
    if isHeard { rest(finished) }
    if case .remains = finished.end {
      world.say(
        "q-work: what the handler of \(VisibleText.id(finished.id)) had started lives on: "
          + "its item is held until that has ended")
    }
  }

  /// An item that gives back more than it may fails for good.
  private func refuseLarge(_ answers: inout [Answer]) {
    guard case .stream(let stream) = plan.shape, stream.form == .json else { return }
    for place in answers.indices {
      let count = answers[place].result?.bytes.count ?? 0
      guard count > plan.resultLimit else { continue }
      (answers[place].isRefused, answers[place].result) = (true, nil)
      answers[place].note = Array(
        "collect: it gave back \(count) bytes, and \(plan.resultLimit) may be".utf8)
    }
  }

  /// What a run has spent on one of its claims without having answered it. What a process that streams was sent and
  /// owes an answer for has spent what it reserved: nothing else is known.
  private func spent(_ finished: Finished, _ place: Int) -> Amounts {
    switch finished.end {
    case .unanswered, .silent: plan.reserve
    default: place == 0 ? finished.control.spent : [:]
    }
  }

  /// Runs claims again whose ids were too many for one process; false when that is not so.
  private func reload(_ finished: Finished) -> Bool {
    guard finished.claims.count > 1, case .failedToStart(let failure) = finished.end,
      failure.kind == .tooLong, shutdown.reason == nil
    else { return false }
    load.lower(after: finished.claims)
    handOver(finished.claims, isLast: true)
    return true
  }

  /// What a run tells of those to come.
  private func note(_ finished: Finished) {
    let isGood: Bool
    switch finished.end {
    case .ended(let exit, _): isGood = exit == .exited(0)
    case .answered: isGood = true
    default: return
    }
    let now = world.now
    lookAhead.ran(for: finished.duration, now: now)
    for _ in 0..<(finished.isOfEach ? finished.claims.count : 1) {
      search?.ended(in: finished.duration, isGood: isGood, now: now)
    }
    guard let count = load.ran(finished.claims.count, for: finished.duration) else { return }
    report.settledLoad = count
    let why =
      count == HandlerShape.Many.maximum ? "the most there may be" : "that takes about a second"
    world.say("q-work: \(count) item\(count == 1 ? "" : "s") a run: \(why)")
  }

  /// Does what follows when the handler has let the queue rest, or values of pools.
  private func rest(_ finished: Finished) {
    let control = finished.control
    // What was claimed for values that rest may have another worker.
    if !control.poolRests.isEmpty, busy > slots.places(forEach: load.count) { giveBack() }
    let moments =
      [control.pauseUntil, control.pause.map { finished.endedAt + $0 }].compactMap(\.self)
      + control.pauseUntilTimes.map { world.next(secondOfDay: $0) }
    guard let end = moments.max(), end > finished.endedAt else { return }
    claims.rest(until: end)
    let length = Duration.milliseconds((end - finished.endedAt).wholeMicroseconds / 1_000)
    world.say(
      "q-work: the handler of \(VisibleText.id(finished.id)) pauses the queue for \(length.text)"
    )
  }

  /// Has a claim end; the time of a run counts with the first of its claims.
  private func settle(
    _ claim: Claim, of finished: Finished, _ exit: RunExit, _ outcome: Outcome, message: [UInt8],
    emitted: [Emission], rest: Duration?, spent: Amounts, result: ItemResult?, isFirst: Bool
  ) {
    let run = RunSummary(
      exit: exit, startedAt: finished.startedAt, endedAt: finished.endedAt, message: message)
    let isEnd = Transition.isEnd(outcome, after: claim.tally, policy: finished.policy)
    shutdown.note(outcome, isEnd: isEnd)
    let hasSucceeded = outcome == .succeeded
    claims.settle(
      Settlement(
        token: claim.token, outcome: outcome, run: run, policy: finished.policy,
        jitter: hasSucceeded ? 0 : .random(in: 0..<1), output: finished.output,
        emitted: hasSucceeded ? emitted : [], rest: rest.map { finished.endedAt + $0 },
        spent: spent, result: hasSucceeded ? result : nil),
      after: isFirst ? finished.duration : nil, id: claim.id)
  }

  /// Ends the run when too many items have failed for good.
  private func haltIfNeeded() {
    guard let reason = shutdown.haltReason else { return }
    let deadline = world.now + plan.killAfter
    let kills = shutdown.halt(because: reason, running: slots.running, deadline: deadline)
    giveBack()
    slots.end()
    if kills { slots.signal(SIGTERM) }
  }
}
