import Glibc
import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct WriterLockTests {
  private func eventually(_ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      if condition() { return true }
      usleep(200)
    }
    return condition()
  }

  @Test func `a second holder waits, shows itself, and gets the lock`() throws {
    let directory = TemporaryDirectory()
    let path = directory.path("writer")
    close(open(path, O_CREAT | O_RDWR, 0o600))
    let first = try WriterLock(path)
    try first.acquire()
    #expect(!first.isWanted)
    let waiter = Waiter(path)
    waiter.start()
    #expect(eventually { first.isWanted })
    #expect(!waiter.hasLock.isSet)
    first.release()
    #expect(eventually { waiter.hasLock.isSet })
    #expect(!first.isWanted)
    waiter.mayRelease.set()
    try first.acquire()
    first.release()
    waiter.join()
    #expect(waiter.error == nil)
  }

  @Test func `the lock file names its holder, and must exist`() throws {
    let directory = TemporaryDirectory()
    let path = directory.path("writer")
    #expect(throws: StoreError.self) { try WriterLock(path) }
    close(open(path, O_CREAT | O_RDWR, 0o600))
    let lock = try WriterLock(path)
    try lock.acquire()
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var pid: pid_t = 0
    #expect(pread(descriptor, &pid, MemoryLayout<pid_t>.size, 0) == MemoryLayout<pid_t>.size)
    #expect(pid == getpid())
  }
}

/// A thread that takes the lock and keeps it until it is told not to.
///
/// Unchecked: the flags are atomic, and `error` is read after the thread was joined.
private final class Waiter: @unchecked Sendable {
  let hasLock = Flag()
  let mayRelease = Flag()
  private(set) var error: StoreError?
  private let path: String
  private var thread = pthread_t()

  init(_ path: String) { self.path = path }

  func start() {
    pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Waiter>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }

  private func run() {
    do throws(StoreError) {
      let lock = try WriterLock(path)
      try lock.acquire()
      hasLock.set()
      while !mayRelease.isSet { usleep(200) }
      lock.release()
    } catch {
      self.error = error
    }
  }
}
