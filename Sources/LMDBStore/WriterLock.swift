import Glibc
import QueueCore
import System

/// One writer at a time, with a deadline: taken before every write transaction.
///
/// LMDB's own writer mutex waits for ever on a process that was stopped inside a transaction. This
/// lock gives up after ``FileLock/deadline`` and names that process. A waiter shows itself on a second byte,
/// so that whoever holds the lock long can see that it should let go.
final class WriterLock {
  private static let holder: Int64 = 0
  private static let waiters: Int64 = 1

  private let lock: FileLock

  init(_ path: String) throws(StoreError) { lock = try FileLock(path) }

  /// Whether another process wants to write now.
  var isWanted: Bool { lock.isLockedElsewhere(byte: Self.waiters) }

  func acquire() throws(StoreError) {
    if !lock.tryLock(byte: Self.holder) { try wait() }
    var pid = getpid()
    _ = pwrite(lock.descriptor, &pid, MemoryLayout<pid_t>.size, 0)
  }

  func release() { lock.unlock(byte: Self.holder) }

  private func wait() throws(StoreError) {
    _ = lock.tryLock(byte: Self.waiters, shared: true)
    defer { lock.unlock(byte: Self.waiters) }
    try lock.wait(shared: false, pauses: 1_000, busy: busy)
  }

  private func busy() -> StoreError {
    var pid: pid_t = 0
    _ = pread(lock.descriptor, &pid, MemoryLayout<pid_t>.size, 0)
    var files = ProcFiles()
    let isStopped = files.stat(of: pid)?.isStopped ?? false
    let state = isStopped ? "is stopped: continue or kill it" : "is still writing"
    return StoreError(.busy, "store busy: writer PID \(pid) \(state)")
  }
}
