import Glibc
package import QueueCore
import System

extension Ledger {
  /// Works until the plan says that it is over.
  package func run() throws(StoreError) -> WorkReport {
    do {
      try startSlots()
      try startOutput()
    } catch {
      abandon()
      // Nothing was claimed: there is nothing to be recovered.
      try? registration.end()
      throw error
    }
    if watch.descriptor == nil {
      gate.say("q-work: no inotify instance to be had: looking for new items every 50 ms")
    }
    do {
      try recover()
      while true {
        try takeSignals()
        gather()
        takeFinished()
        try turn()
        try searchSlots()
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
    sharing.order?.close()
    joinAll()
    signals.release()
    do {
      if left.isEmpty { try registration.end() }
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
    gate.giveUp()
    _ = sharing.ready.popAll()
    sharing.ready.close()
    sharing.live.signalAll(SIGKILL, andLater: true)
    sharing.order?.close()
    joinAll()
    signals.release()
  }

  private func joinAll() {
    for thread in threads.values { thread.join() }
    output?.join()
  }

  /// Outputs that wait for one another are written by a thread of their own.
  private func startOutput() throws(StoreError) {
    guard let order = sharing.order else { return }
    do throws(SystemError) {
      output = try WorkerThread.start(name: "q-output") { [sharing] in
        order.release { sharing.report($0) }
      }
    } catch {
      throw .cannotStart(error)
    }
  }

  private func showProgress() {
    guard let counts = summary?.counts else { return }
    onProgress(
      WorkProgress(
        counts: counts, running: busy - sharing.ready.count,
        rate: queueMeter.rate(now: MonotonicTime.now()), failed: report.outcomes.failed))
  }
}
