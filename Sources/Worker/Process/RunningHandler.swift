import CProcess
import Glibc
package import QueueCore
import System

/// A run that came to an end.
package struct RunReport: Equatable, Sendable {
  package var exit: RunExit
  /// The timeout passed; `exit` is what the process ended with then.
  package var timedOut: Bool
  /// ``MonotonicTime``: before the spawn, and when the exit was seen.
  package var started, finished: UInt64
  /// Something that a killed handler had started still lives.
  package var leavesRemains = false
}

/// A handler that lives: reads its pipes, minds its deadline, and reaps it.
struct RunningHandler: ~Copyable {
  /// What came out of the start.
  struct Handles: ~Copyable {
    let process: SpawnedProcess
    let output, error: Pipe
    let token: UInt64
    let tokenText: [UInt8]
  }

  private enum Deadline {
    case none
    case term(at: UInt64)
    case kill(at: UInt64)
    case killed
  }

  private let handles: Handles
  private let live: LiveRuns
  private let output, error: Spool
  /// Hands lines on as they come; nil where the output waits for the end.
  private let relay: LineRelay?
  private let killAfter: UInt64
  private let started: UInt64
  /// How long runs had been stopped before this one started: that time is not its own.
  private let stoppedBefore: UInt64
  private var deadline = Deadline.none
  private var timedOut = false

  init(
    _ handles: consuming Handles, live: LiveRuns, output: Spool, error: Spool, relay: LineRelay?,
    started: UInt64, timeout: UInt64?, killAfter: UInt64
  ) {
    (self.live, self.output, self.error, self.relay) = (live, output, error, relay)
    self.handles = handles
    self.killAfter = killAfter
    self.started = started
    stoppedBefore = live.stoppedTime
    if let timeout {
      deadline = .term(at: started.addingClamped(timeout))
    }
  }

  /// Until the process has exited; its pipes are empty then, and it is reaped.
  ///
  /// - Parameters:
  ///   - stop: ends the wait for what a killed handler has left.
  ///   - onDelay: told when that takes long.
  consuming func collect(stop: StopFlag, onDelay: (() -> Void)?) -> RunReport {
    while !waitOnce() {}
    let finished = MonotonicTime.now()
    let wasKilled = handles.process.wasKilled
    // Told to end by the worker: the rest of the group has the time it was promised as well.
    if wasKilled, case .none = deadline, live.isTerminating {
      deadline = .kill(at: finished.addingClamped(killAfter))
    }
    endGroup()
    var isClean = true
    if timedOut || wasKilled {
      let remains = RunRemains(
        live: live, group: handles.process.pid, token: handles.token, tokenText: handles.tokenText)
      isClean = remains.end(stop: stop, onDelay: onDelay)
    }
    drain(handles.output.read, to: output)
    drain(handles.error.read, to: error)
    return RunReport(
      exit: handles.process.reap(live), timedOut: timedOut, started: started, finished: finished,
      leavesRemains: !isClean)
  }

  /// True once the process has exited.
  private mutating func waitOnce() -> Bool {
    let readable = Int16(POLLIN)
    var waits = (
      pollfd(fd: handles.process.pidfd, events: readable, revents: 0),
      pollfd(fd: handles.output.read, events: readable, revents: 0),
      pollfd(fd: handles.error.read, events: readable, revents: 0)
    )
    let found = withUnsafeMutablePointer(to: &waits) {
      $0.withMemoryRebound(to: pollfd.self, capacity: 3) { waits in
        guard let at = nextDeadline else { return qp_poll(waits, 3, -1) }
        let now = MonotonicTime.now()
        return qp_poll(waits, 3, at > now ? Int64(at - now) : 0)
      }
    }
    if found > 0 {
      if waits.1.revents != 0 { read(handles.output.read, to: output, STDOUT_FILENO) }
      if waits.2.revents != 0 { read(handles.error.read, to: error, STDERR_FILENO) }
      if waits.0.revents != 0 { return true }
    }
    actOnDeadline()
    return false
  }

  private mutating func read(_ pipe: Int32, to spool: Spool, _ stream: Int32) {
    guard case .bytes(let newest) = spool.read(from: pipe), let relay, relay.failure == nil else {
      return
    }
    relay.pass(spool, to: stream, newest: newest)
    // Nobody takes what it writes: it is of no more use.
    if relay.failure != nil {
      live.signal(SIGTERM, group: handles.process.pid)
      deadline = .kill(at: MonotonicTime.now().addingClamped(killAfter))
    }
  }

  private var nextDeadline: UInt64? {
    switch deadline {
    case .none, .killed: nil
    case .term(let at), .kill(let at): at.addingClamped(live.stoppedTime - stoppedBefore)
    }
  }

  private mutating func actOnDeadline() {
    guard let at = nextDeadline, MonotonicTime.now() >= at else { return }
    if case .term = deadline {
      timedOut = true
      live.signal(SIGTERM, group: handles.process.pid)
      deadline = .kill(at: (at - (live.stoppedTime - stoppedBefore)).addingClamped(killAfter))
    } else {
      live.signal(SIGKILL, group: handles.process.pid)
      deadline = .killed
    }
  }

  /// The leader of a run that got TERM is gone; the rest of its group has the time it was promised
  /// and is killed then, so that the next attempt does not run beside it. The leader is not
  /// reaped yet: its number stays the group's.
  private mutating func endGroup() {
    var pause: Int64 = 1_000_000
    let group = handles.process.pid
    while case .kill = deadline, ProcessScan.hasLiveMember(group: group) {
      var waits = (
        pollfd(fd: handles.output.read, events: Int16(POLLIN), revents: 0),
        pollfd(fd: handles.error.read, events: Int16(POLLIN), revents: 0)
      )
      let found = withUnsafeMutablePointer(to: &waits) {
        $0.withMemoryRebound(to: pollfd.self, capacity: 2) { qp_poll($0, 2, pause) }
      }
      if found > 0 {
        if waits.0.revents != 0 { _ = output.read(from: handles.output.read) }
        if waits.1.revents != 0 { _ = error.read(from: handles.error.read) }
      } else {
        pause = min(pause * 2, 50_000_000)
      }
      actOnDeadline()
    }
  }

  /// What is in the pipe now and no more: whoever else writes to it may never end.
  private func drain(_ pipe: Int32, to spool: Spool) {
    var left = Int(qp_unread(pipe))
    while left > 0, case .bytes(let got) = spool.read(from: pipe, limit: left) { left -= got }
  }
}

extension SpawnedProcess {
  /// Whether a signal has ended it, which is not reaped by asking.
  var wasKilled: Bool {
    var ended = siginfo_t()
    return waitid(P_PID, id_t(pid), &ended, WEXITED | WNOWAIT) == 0
      && ended.si_code != CLD_EXITED
  }

  /// Reaps it, once it has exited; its number is nobody's then.
  func reap(_ live: LiveRuns) -> RunExit {
    live.remove(pid)
    close(pidfd)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      // Nobody else reaps, and SIGCHLD is default (SpawnSettings): only EINTR is left.
      precondition(errno == EINTR, "a handler's exit status was taken by somebody else")
    }
    let signal = status & 0x7f
    return signal == 0
      ? .exited(UInt8(truncatingIfNeeded: status >> 8)) : .signalled(UInt8(signal))
  }
}

extension UInt64 {
  /// A far deadline stays far instead of trapping.
  func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? UInt64(Int64.max) : Swift.min(sum, UInt64(Int64.max))
  }
}
