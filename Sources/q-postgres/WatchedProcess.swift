import CProcess
import Glibc
import System

/// A process that is somebody else's child, told from every other of its number.
final class WatchedProcess: Sendable {
  private let pid: Int32
  /// nil: it had ended already.
  private let descriptor: Int32?

  init(_ pid: Int32, startTicks: UInt64) {
    self.pid = pid
    let opened = qp_pidfd_open(pid)
    var files = ProcFiles()
    // Opened first: whoever has the number then has it as long as the descriptor is open.
    let isIt = opened >= 0 && files.stat(of: pid)?.startTicks == startTicks
    descriptor = isIt ? opened : nil
    if !isIt, opened >= 0 { close(opened) }
  }

  deinit { if let descriptor { close(descriptor) } }

  /// Whether it has ended, after so many milliseconds at most; -1: however long it takes.
  func waitForEnd(within milliseconds: Int32) -> Bool {
    guard let descriptor else { return true }
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, milliseconds) > 0
  }

  func kill() { if let descriptor { _ = qp_pidfd_signal(descriptor, SIGKILL) } }
}
