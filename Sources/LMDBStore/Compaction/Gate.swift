import Glibc
import QueueCore
import System

/// Who has a store's environment open, and who wants it replaced: three bytes of the file `gate`.
///
/// ```
/// inside  shared by everybody who has the environment open; alone by whoever replaces it
/// asking  held by a compaction, from before it waits for `inside` until it is through
/// long    shared by whoever has one long transaction, and cannot leave before its end
/// ```
///
/// While `asking` is held nobody goes in, and who is inside leaves between two transactions. All of them are
/// kernel locks: of a compaction that was killed none is left, and nobody waits for it.
final class Gate {
  private static let inside: Int64 = 0
  private static let asking: Int64 = 1
  private static let long: Int64 = 2

  private let lock: FileLock
  private let store: String

  init(_ directory: StoreDirectory) throws(StoreError) {
    lock = try FileLock(directory.gate)
    store = directory.path
  }

  var path: String { lock.path }

  /// Whether somebody else wants the environment replaced, or is about it.
  var isAsked: Bool { lock.isLockedElsewhere(byte: Self.asking) }

  /// Goes in, to open the environment. Who was inside before (`returning`) waits for as long as a compaction is
  /// alive and not stopped; others give up after ``FileLock/deadline``, with `.busy`.
  func enter(returning: Bool) throws(StoreError) {
    try wait(
      { !isAsked && lock.tryLock(byte: Self.inside, shared: true) }, for: FileLock.deadline
    ) {
      let (name, isStopped) = asker()
      if returning, !isStopped { return nil }
      let state = isStopped ? "is stopped: continue or kill it" : "compacts it: try again"
      return StoreError(.busy, "store busy: \(store): \(name) \(state)")
    }
    // Who began to ask in between need not wait for this one.
    guard isAsked else { return }
    leave()
    try enter(returning: returning)
  }

  /// Has closed the environment, or replaced it.
  func leave() { lock.unlock(byte: Self.inside) }

  /// Has one long transaction: nobody asks until that ends.
  func begin() throws(StoreError) {
    try wait({ lock.tryLock(byte: Self.long, shared: true) }, for: FileLock.deadline) {
      StoreError(.busy, "store busy: \(store): \(asker().name) compacts it: try again")
    }
  }

  func end() { lock.unlock(byte: Self.long) }

  /// Asks everybody to leave, and waits until they have. Throws `.busy`, and asks no more, when that takes longer
  /// than `patience`, naming those who are inside.
  func takeAlone(within patience: Duration) throws(StoreError) {
    let end = ContinuousClock.now + patience
    do throws(StoreError) {
      // Nobody stands still for somebody who will not leave.
      try wait({ lock.tryLock(byte: Self.long) }, for: patience) { holders(of: Self.long) }
      guard lock.tryLock(byte: Self.asking) else { throw holders(of: Self.asking) }
      tell()
      try wait({ lock.tryLock(byte: Self.inside) }, for: end - .now) { holders(of: Self.inside) }
    } catch {
      giveBack()
      throw error
    }
  }

  /// Lets everybody in.
  func giveBack() {
    for byte in [Self.inside, Self.long, Self.asking] { lock.unlock(byte: byte) }
  }

  /// Names this process, and wakes those who watch the file: by its time, too, for which a full disk has room.
  private func tell() {
    var pid = getpid()
    _ = pwrite(lock.descriptor, &pid, MemoryLayout<pid_t>.size, 0)
    futimens(lock.descriptor, nil)
  }

  /// Who asks, or did last.
  private func asker() -> (name: String, isStopped: Bool) {
    var pid: pid_t = 0
    guard pread(lock.descriptor, &pid, MemoryLayout<pid_t>.size, 0) > 0 else {
      return ("another process", false)
    }
    var files = ProcFiles()
    return ("q-compact PID \(pid)", files.stat(of: pid)?.isStopped ?? false)
  }

  private func holders(of byte: Int64) -> StoreError {
    let holders = GateHolder.all(of: lock.descriptor, byte: byte)
    let names = holders.prefix(5).map(\.description) + (holders.count > 5 ? ["others"] : [])
    let who = names.isEmpty ? "a process of another user" : names.joined(separator: ", ")
    let advice =
      holders.contains(where: \.isStopped)
      ? "continue or kill what is stopped" : "try again when that has ended"
    return StoreError(.busy, "store busy: \(store): in use by \(who): \(advice)")
  }

  /// Tries again and again. When `patience` is over: throws what `late` gives back, or waits as long again.
  private func wait(
    _ condition: () -> Bool, for patience: Duration, late: () -> StoreError?
  ) throws(StoreError) {
    var end = ContinuousClock.now + patience
    var pause: UInt32 = 20
    while !condition() {
      if ContinuousClock.now >= end {
        if let error = late() { throw error }
        end = .now + patience
      }
      usleep(.random(in: pause / 2...pause))
      pause = min(pause * 2, 2_000)
    }
  }
}
