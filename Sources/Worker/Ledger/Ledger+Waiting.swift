import Glibc
import QueueCore

extension Ledger {
  /// Waits until something happens: a handler ends, a signal comes, the queue changes, a moment
  /// comes, another worker dies; or a second has passed, for what no event tells.
  func wait() throws(StoreError) {
    if !trouble.isThere && (!claims.ended.isEmpty || wanted > 0) { return }
    if !load.loose.isEmpty { handOver([], isLast: true) }
    slots.note(lacksWork: !plan.follows && queue.hasNothingLeft)
    if busy == 0, let words = queue.wordsOfRate(at: store.now) { world.say(words) }
    let news = world.wait(for: timeout)
    // Whoever has committed nothing but this worker itself has woken nobody else's news.
    if news.isOfQueue, store.revision != queue.ownRevision { try attempt(lookAgain) }
    if news.isOfPeer { safety.recoverSoon() }
    if world.standing == .lost {
      throw StoreError(
        .busy,
        "cannot go on with \(plan.store): it has not been heard of for too long: others take "
          + "what this worker holds, and its handlers are ended")
    }
    let now = world.now
    if shutdown.isKillDue(now) { slots.signal(SIGKILL) }
    if safety.isDue(now) || !world.isWatching {
      try attempt { () throws(StoreError) in try lookAround(now) }
    }
    if safety.isRecoveryDue(now) { try attempt(recover) }
  }

  /// Nanoseconds until something is due at the latest.
  private var timeout: UInt64 {
    let now = world.now
    var until = min(safety.due, shutdown.killAt, doubtful.next ?? .max)
    // The moment at which it is lost comes without an event.
    if !world.isWatching || world.standing == .doubtful { until = min(until, now + 50_000_000) }
    if trouble.isThere { until = min(until, trouble.retryAt) }
    if gate.isThere { until = min(until, gate.due) }
    if let rested = slots.nextRested { until = min(until, rested) }
    var timeout = until > now ? until - now : 0
    let wall = store.now
    let isFree = shutdown.reason == nil && busy < slots.count && !startsNothing
    for moment in queue.moments(at: wall, isFree: isFree) {
      // The clock may be set: looked at again after an hour.
      let wait = min(moment - wall, .seconds(3_600))
      timeout = min(timeout, UInt64(wait.wholeMicroseconds) * 1_000)
    }
    return timeout
  }

  /// Something changed in the queue.
  private func lookAgain() throws(StoreError) {
    queue.look(try store.summary(of: plan.queue), now: world.now)
    queue.hope()
    guard let summary = queue.summary else { return }
    if summary.revoked > 0 { endRevoked(try store.revoked(of: world.worker)) }
    if queue.isReplaced {
      try world.watchAnew()
      queue.noteWatched()
    }
    try follow()
    if queue.lacksLeave(at: store.now) { giveBack() }
  }

  /// Once a second: what no event may have told.
  private func lookAround(_ now: UInt64) throws(StoreError) {
    let isChanged = safety.look(store.revision, now: now)
    guard world.isGenuine else {
      throw StoreError(
        .unusable, "cannot go on with \(plan.store): its file locks was replaced or removed")
    }
    if isChanged {
      try lookAgain()
      try world.lookAtPeers()
    }
    if world.hasDeadPeer { safety.recoverSoon() }
    if slots.waiting > 0, lookAhead.isBehindLongRuns(now) {
      // What was claimed ahead waits behind long runs: another worker may have a free slot.
      lookAhead.suspend()
      giveBack()
    }
  }

  /// Takes back the claims of dead workers; soon again while something of theirs is still ending.
  func recover() throws(StoreError) {
    let recovery = try world.recover()
    report.outcomes.lost += UInt64(recovery.recovered)
    report.outcomes.failed += UInt64(recovery.poisoned)
    shutdown.note(failed: recovery.poisoned)
    safety.recovered(
      isEnding: recovery.ending > 0, isBlocked: recovery.orphaned > 0, now: world.now)
    if recovery.recovered > 0 {
      world.say("q-work: took back \(recovery.recovered) items of a worker that died")
      queue.look(try store.summary(of: plan.queue), now: world.now)
    }
    if recovery.poisoned > 0 {
      world.say(
        "q-work: \(recovery.poisoned) of them failed for good: too many workers died over them")
    }
  }
}
