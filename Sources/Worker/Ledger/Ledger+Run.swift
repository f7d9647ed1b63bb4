import Glibc
package import QueueCore
import System

extension Ledger {
  /// Works until the plan says that it is over.
  package func run() throws(StoreError) -> WorkReport {
    try start()
    do {
      try recover()
      while true {
        try takeSignals()
        shareCommit()
        takeFinished()
        lookAtMachine()
        try turn()
        try searchSlots()
        showProgress()
        if let end = over {
          report.end = end
          break
        }
        try wait()
      }
    } catch {
      abandon()
      throw error
    }
    return finish()
  }

  private func start() throws(StoreError) {
    do {
      if plan.findsSlots {
        let most = DescriptorLimit.raise(forSlots: WorkPlan.maximumSlots)
        search = SlotSearch(start: plan.defaultSlots, maximum: most, now: world.now)
      }
      try setSlots(search?.slots ?? queue.settings.slots)
      try slots.start()
    } catch {
      abandon()
      // Nothing was claimed: there is nothing to be recovered.
      try? world.signOff()
      throw error
    }
    if !world.isWatching {
      world.say("q-work: no inotify instance to be had: looking for new items every 50 ms")
    }
  }

  /// Lets a moment pass while the slots have work without the ledger, so that more shares a commit.
  private func shareCommit() {
    guard shutdown.reason == nil, slots.waiting > 0 else { return }
    let time = lookAhead.timeToShare(world.now)
    if time > 0 { world.pause(for: time) }
  }

  /// Starts nothing while the machine has too much to do, and ends the youngest handler when it lacks memory.
  private func lookAtMachine() {
    guard gate.isThere, gate.due <= world.now else { return }
    let (words, endsOne) = gate.look(world.machine, now: world.now)
    if let words { world.say(words) }
    slots.allowStarts(!gate.isShut)
    guard gate.isShut else { return }
    if startsNothing { giveBack() }
    guard endsOne, shutdown.reason == nil, slots.endYoungest() else { return }
    world.say("q-work: memory is short: the youngest handler is ended, its items go back")
  }

  /// Whether something of this worker's own keeps items from being claimed, and passes.
  private var isHeldBackHere: Bool { startsNothing || slots.places(forEach: load.count) == 0 }

  /// Has as many slots work as the search says, where there is one.
  private func searchSlots() throws(StoreError) {
    guard var search = self.search else { return }
    let before = search.settled
    if let wanted = search.decide(now: world.now, isFull: isFull) {
      try setSlots(wanted)
      if slots.count < wanted { search.limit(to: slots.count, now: world.now) }
    }
    self.search = search
    guard let settled = search.settled, settled != before else { return }
    report.settledSlots = settled
    world.say(
      "q-work: \(settled) handler\(settled == 1 ? "" : "s") at once: more end no more items a second"
    )
  }

  /// Whether there is work for every slot, and nothing else that holds it back.
  private var isFull: Bool {
    guard shutdown.reason == nil, queue.settings.rate == nil, !trouble.isThere,
      let summary = queue.summary
    else { return false }
    return summary.counts.pending > 0 && busy >= slots.count && claims.room > 0
      && slots.early < slots.maximumEarly / 2
  }

  private func showProgress() {
    let progress = queue.progress(
      running: busy - slots.waiting, failed: report.outcomes.failed, now: world.now)
    if let progress { onProgress(progress) }
  }

  /// Why the run is over; nil as long as it is not.
  private var over: WorkReport.End? {
    guard claims.ended.isEmpty, claims.outstanding == 0, !trouble.isUnknown else { return nil }
    if let reason = shutdown.reason { return reason }
    if claims.room <= 0 { return .limit }
    return queue.reasonToEnd(
      at: store.now, canClaim: wanted > 0, isHeldBack: isHeldBackHere, endsRuns: safety.endsRuns)
  }

  private func finish() -> WorkReport {
    slots.finish()
    world.releaseSignals()
    do {
      if !claims.leavesAny { try world.signOff() }
    } catch {
      world.say(
        "q-work: could not sign off, the next worker will see that it ended: \(error.message)")
    }
    report.finishedAt = store.now
    report.counts = queue.summary?.counts
    return report
  }

  /// Gives up: ends the handlers, leaves the claims to be recovered.
  private func abandon() {
    slots.stop()
    _ = slots.takeBack()
    slots.signal(SIGKILL)
    slots.finish()
    world.releaseSignals()
  }
}
