import Glibc
import System

/// What still runs of a run whose handler is gone: in its group, or with its token in the
/// environment.
///
/// A handler that was killed, or ran past its time, did not end what it had started; its item may be
/// tried again at once, so that is ended for it, as recovery does for a dead worker's runs. A handler
/// that exits by itself has had the word: what it leaves is meant to live.
struct RunRemains {
  /// How long a process may take to go after SIGKILL without a word: one that waits for a device that
  /// does not answer, or belongs to another user, does not go at all.
  private static let patience: UInt64 = 5_000_000_000

  let live: LiveRuns
  /// The handler's, not reaped yet: its number stays the group's.
  let group: pid_t
  let token: UInt64
  /// The value of `Q_TOKEN`; empty where handlers get none.
  let tokenText: [UInt8]

  /// Kills it, and returns when it has gone: the item waits as long for it. False when something is
  /// left, or could not be looked for, and `stop` is raised. Calls `onDelay` once it takes long.
  func end(stop: StopFlag, onDelay: (() -> Void)?) -> Bool {
    let deadline = MonotonicTime.now() + Self.patience
    var onDelay = onDelay
    var pause: useconds_t = 200
    while !kill() {
      usleep(pause)
      guard MonotonicTime.now() >= deadline else {
        pause = min(pause * 2, 20_000)
        continue
      }
      if stop.isRaised { return false }
      onDelay?()
      onDelay = nil
      pause = 250_000
    }
    return true
  }

  /// True when nothing was there to be killed.
  private func kill() -> Bool {
    live.signal(SIGKILL, group: group)
    let suspect = Suspect(token: token, tokenText: tokenText, record: nil)
    guard let orphans = tokenText.isEmpty ? [] : try? ProcessScan.orphans(of: [suspect]) else {
      return false
    }
    for orphan in orphans { _ = ProcessScan.kill(orphan) }
    // One that is gone by now may have started another first.
    return orphans.isEmpty && !ProcessScan.hasLiveMember(group: group)
  }
}
