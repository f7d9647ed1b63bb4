import Glibc
import QueueCore
import System

extension Ledger {
  /// Items due later than this do not keep a worker waiting.
  private static var longestWait: Duration { .seconds(300) }

  /// Why the run is over; nil as long as it is not.
  func over() -> WorkReport.End? {
    guard ended.isEmpty, outstanding == 0 else { return nil }
    if let ending { return ending }
    if let limit = plan.limit, claimed >= limit { return .limit }
    guard !plan.follows else { return nil }
    // A queue that was removed has nothing left.
    guard let summary else { return .drained }
    let now = store.now
    let counts = summary.counts
    if counts.pending + counts.delayed + counts.processing == 0 { return .drained }
    if summary.settings.pause == .indefinite { return .held("the queue is paused: q-resume") }
    if wanted() > 0 { return nil }
    // The rate is a pace, not a lack of work.
    let isPaced = summary.hasItems(at: now) && opening.map { $0 > now } ?? false
    if !plan.waits && !isPaced { return .idle }
    if counts.pending > 0 || counts.processing > counts.orphaned || endsRuns { return nil }
    if counts.delayed > counts.scheduled { return nil }
    if let due = summary.nextDue, due - now <= Self.longestWait { return nil }
    return .held(Self.rest(counts))
  }

  private static func rest(_ counts: Counts) -> String {
    var parts: [String] = []
    if counts.delayed > 0 { parts.append("\(counts.delayed) due in over 5 minutes") }
    if counts.orphaned > 0 {
      parts.append("\(counts.orphaned) held by processes that outlived their worker: see q-stats")
    }
    return parts.joined(separator: ", ")
  }

  /// Says, once, when the rate lets nothing start for long.
  private func tellOfRate() {
    guard !hasToldOfRate, let opening, let rate = current.rate, let summary else { return }
    let (now, wait) = (store.now, opening - store.now)
    guard summary.hasItems(at: now), wait > .seconds(60), busy == 0 else { return }
    hasToldOfRate = true
    gate.say(
      "q-work: waiting for the rate of \(rate.count) in \(rate.period.text): the next item starts in "
        + Duration.seconds(wait.components.seconds).text)
  }

  /// Waits until something happens: a handler ends, a signal comes, the queue changes, a moment
  /// comes, another worker dies; or a second has passed, for what no event tells.
  func wait() throws(StoreError) {
    if !ended.isEmpty && trouble.since == nil { return }
    if wanted() > 0 && trouble.since == nil { return }
    tellOfRate()
    let watched = peers.watched
    var waits = [pollfd(fd: sharing.wake.descriptor, events: Int16(POLLIN), revents: 0)]
    waits.append(pollfd(fd: watch.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    waits += watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&waits, nfds_t(waits.count), Int32((timeout() + 999_999) / 1_000_000))
    if waits[0].revents != 0 { sharing.wake.drain() }
    if waits[1].revents != 0 {
      watch.drain()
      // Whoever has committed nothing but this worker itself has woken nobody else's news.
      if store.revision != ownRevision { try attempt(lookAgain) }
    }
    for (place, descriptor) in watched.enumerated() where waits[place + 2].revents != 0 {
      peers.forget(descriptor)
      safety.recoverAt = 0
    }
    let now = MonotonicTime.now()
    if now >= killAt {
      killAt = .max
      sharing.live.signalAll(SIGKILL, andLater: true)
    }
    if safety.isDue(now) || watch.descriptor == nil {
      try attempt { () throws(StoreError) in try lookAround(now) }
    }
    if now >= safety.recoverAt {
      safety.recoverAt = now + SafetyPoll.interval
      try attempt(recover)
    }
  }

  /// Nanoseconds until something is due at the latest.
  private func timeout() -> UInt64 {
    let now = MonotonicTime.now()
    var until = min(safety.next, safety.recoverAt, killAt, doubtful.next ?? .max)
    if watch.descriptor == nil { until = min(until, now + 50_000_000) }
    if trouble.since != nil { until = min(until, trouble.retryAt) }
    var timeout = until > now ? until - now : 0
    let wall = store.now
    var moments: [Timestamp] = []
    if ending == nil, busy < slots {
      if let due = summary?.nextDue { moments.append(due) }
      if let opening, summary?.hasItems(at: wall) ?? false { moments.append(opening) }
    }
    if case .until(let end)? = summary?.settings.pause { moments.append(end) }
    for moment in moments where moment > wall {
      timeout = min(timeout, UInt64(max((moment - wall).wholeMicroseconds, 0)) * 1_000)
    }
    return timeout
  }

  /// Something changed in the queue.
  private func lookAgain() throws(StoreError) {
    summary = try store.summary(of: plan.queue)
    isHeldBack = false
    guard let summary else { return }
    if summary.revoked > 0 { endRevoked(try store.revoked(of: registration.worker)) }
    if summary.number != watched {
      // Another queue of the same name has another file to watch.
      watch = try store.watch(plan.queue)
      watched = summary.number
    }
    try follow(summary.settings)
    if summary.isPaused(at: store.now) { giveBack() }
  }

  /// Once a second: what no event may have told.
  private func lookAround(_ now: UInt64) throws(StoreError) {
    safety.next = now + SafetyPoll.interval
    guard liveness.isGenuine else {
      throw StoreError(
        .unusable, "cannot go on with \(plan.store): its file locks was replaced or removed")
    }
    let revision = store.revision
    if revision != safety.revision {
      safety.revision = revision
      try lookAgain()
      peers.update(try store.workers().filter { $0.id != registration.worker })
    }
    if peers.peers.contains(where: { !liveness.isAlive($0) }) { safety.recoverAt = 0 }
    if sharing.ready.count > 0, now > endedAt + LookAhead.longRun {
      // What was claimed ahead waits behind long runs: another worker may have a free slot.
      lookAhead.suspend()
      giveBack()
    }
  }

  /// Takes back the claims of dead workers; soon again while something of theirs is still ending.
  func recover() throws(StoreError) {
    let recovery = try store.recover(observer: liveness, for: plan.queue, given: plan.given)
    let files = RunRecords.workers(store: plan.store)
    let workers = try store.workers()
    for left in files where !workers.contains(where: { $0.id.number == left }) {
      registration.removeFiles(of: WorkerID(left))
    }
    report.outcomes.lost += UInt64(recovery.recovered)
    report.outcomes.failed += UInt64(recovery.poisoned)
    judged.note(failed: recovery.poisoned)
    if recovery.recovered > 0 {
      gate.say("q-work: took back \(recovery.recovered) items of a worker that died")
      summary = try store.summary(of: plan.queue)
    }
    if recovery.poisoned > 0 {
      gate.say(
        "q-work: \(recovery.poisoned) of them failed for good: too many workers died over them")
    }
    endsRuns = recovery.ending > 0
    peers.update(workers.filter { $0.id != registration.worker })
    safety.recovered(isEnding: recovery.ending > 0, isBlocked: recovery.orphaned > 0)
  }
}
