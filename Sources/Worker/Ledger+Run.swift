import Glibc
package import QueueCore

extension Ledger {
  /// Works until the plan says that it is over.
  package func run() throws(StoreError) -> WorkReport {
    do {
      try setSlots(current.slots)
    } catch {
      abandon()
      throw error
    }
    if watch.descriptor == nil {
      gate.say("q-work: no inotify instance to be had: looking for new items every 50 ms")
    }
    do {
      try recover()
      while true {
        takeSignals()
        gather()
        takeFinished()
        try turn()
        showProgress()
        if let end = over() {
          report.end = end
          break
        }
        try wait()
      }
    } catch {
      abandon()
      throw error
    }
    sharing.ready.close()
    for thread in threads.values { thread.join() }
    do {
      try registration.end()
    } catch {
      gate.say(
        "q-work: could not sign off, the next worker will see that it ended: \(error.message)")
    }
    report.finishedAt = .now()
    report.counts = summary?.counts
    return report
  }

  /// Gives up: ends the handlers, leaves the claims to be recovered.
  private func abandon() {
    sharing.stop.raise()
    _ = sharing.ready.popAll()
    sharing.ready.close()
    sharing.live.signalAll(SIGKILL, andLater: true)
    for thread in threads.values { thread.join() }
  }

  private func showProgress() {
    guard let counts = summary?.counts else { return }
    onProgress(
      WorkProgress(
        counts: counts, running: outstanding - sharing.ready.count,
        rate: meter.rate(now: MonotonicTime.now()), failed: report.outcomes.failed))
  }
}
