import Glibc
import System

/// The process groups that run now, so that a signal can be sent to all of them.
///
/// A run leaves before its process is reaped, and signals are sent while the lock is held: a
/// number that the kernel has given to somebody else is never signalled.
package final class LiveRuns: Sendable {
  /// The run of a group.
  private struct Run {
    var number: UInt64
    /// What it carries: numbers of tokens.
    var tokens: [UInt64]
    /// Its place among all that were started.
    var place: Int
  }

  private struct State {
    var groups: [pid_t: Run] = [:]
    /// How many were started so far.
    var started = 0
    /// Numbers of runs that were ended because they were the youngest.
    var evicted: Set<UInt64> = []
    var later: Int32?
    /// Tokens of runs that are to end, and of such as may yet start: known until they have ended.
    var revoked: Set<UInt64> = []
    /// Nanoseconds that all runs together were stopped by ``whileStopped(_:)``.
    var stopped: UInt64 = 0
  }
  private let state = Locked(State())

  package init() {}

  package var count: Int { state.withLock { $0.groups.count } }

  /// Sends `signal` to every group; with `andLater` also to each that starts from now on, since
  /// one may be between its start and its entry here.
  /// - Returns: how many groups were there.
  @discardableResult
  package func signalAll(_ signal: Int32, andLater: Bool = false) -> Int {
    state.withLock { state in
      if andLater { state.later = signal }
      for group in state.groups.keys { Self.send(signal, to: group) }
      return state.groups.count
    }
  }

  /// Stops every run while `body` runs, and continues them; deadlines move by that time.
  package func whileStopped(_ body: () -> Void) {
    let (began, later) = state.withLock { state in
      let later = state.later
      state.later = SIGSTOP
      for group in state.groups.keys { Self.send(SIGSTOP, to: group) }
      return (MonotonicTime.now(), later)
    }
    body()
    state.withLock { state in
      state.later = later
      state.stopped += MonotonicTime.now() - began
      for group in state.groups.keys { Self.send(SIGCONT, to: group) }
    }
  }

  /// Whether every run, and each that starts, has been told to end.
  var isTerminating: Bool { state.withLock { $0.later == SIGTERM } }

  /// Nanoseconds for which runs have been stopped so far.
  var stoppedTime: UInt64 { state.withLock { $0.stopped } }

  func insert(_ group: pid_t, run: UInt64, tokens: [UInt64]) {
    state.withLock { state in
      state.started += 1
      state.groups[group] = Run(number: run, tokens: tokens, place: state.started)
      if let signal = state.later { Self.send(signal, to: group) }
      if !state.revoked.isDisjoint(with: tokens) { Self.send(SIGKILL, to: group) }
    }
  }

  func remove(_ group: pid_t) { _ = state.withLock { $0.groups.removeValue(forKey: group) } }

  /// Tells the run to end that was started last, and kills it when it was told so before. False where none
  /// runs.
  func endYoungest() -> Bool {
    state.withLock { state in
      guard let (group, run) = state.groups.max(by: { $0.value.place < $1.value.place }) else {
        return false
      }
      let isNew = state.evicted.insert(run.number).inserted
      Self.send(isNew ? SIGTERM : SIGKILL, to: group)
      return true
    }
  }

  /// Whether a run, which is over, was ended because it was the youngest.
  func takeEvicted(_ run: UInt64) -> Bool { state.withLock { $0.evicted.remove(run) != nil } }

  /// To one group, if it still runs.
  func signal(_ signal: Int32, group: pid_t) {
    state.withLock { if $0.groups[group] != nil { Self.send(signal, to: group) } }
  }

  /// Kills the runs of these tokens, also such as are just being started.
  func revoke(_ tokens: Set<UInt64>) {
    state.withLock { state in
      state.revoked.formUnion(tokens)
      for (group, run) in state.groups where !tokens.isDisjoint(with: run.tokens) {
        Self.send(SIGKILL, to: group)
      }
    }
  }

  /// Whether any run is to end because of its item.
  var hasRevoked: Bool { state.withLock { !$0.revoked.isEmpty } }

  /// Whether the run of this token is to end, or not to start.
  func isRevoked(_ token: UInt64) -> Bool { state.withLock { $0.revoked.contains(token) } }

  /// The runs of these tokens have ended, and that is settled.
  func forget(_ tokens: [UInt64]) {
    state.withLock { if !$0.revoked.isEmpty { $0.revoked.subtract(tokens) } }
  }

  private static func send(_ signal: Int32, to group: pid_t) {
    Glibc.kill(-group, signal)
    // A stopped handler would take its TERM only when somebody continues it.
    if signal == SIGTERM { Glibc.kill(-group, SIGCONT) }
  }
}
