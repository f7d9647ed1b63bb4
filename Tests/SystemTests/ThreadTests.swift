import Glibc
import Testing

@testable import System

@Suite struct ThreadTests {
  @Test func `a wake pipe wakes a poll once`() throws {
    let pipe = try WakePipe()
    func isReadable() -> Bool {
      var wait = pollfd(fd: pipe.descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&wait, 1, 0) == 1
    }
    #expect(!isReadable())
    for _ in 0..<100_000 { pipe.wake() }
    #expect(isReadable())
    pipe.drain()
    #expect(!isReadable())
  }

  @Test func `a thread has every signal blocked`() throws {
    let blocked = Locked(false)
    try WorkerThread.start {
      let mask = SignalSet().block()
      blocked.withLock { $0 = [SIGINT, SIGTERM, SIGCHLD, SIGTSTP].allSatisfy(mask.contains) }
    }.join()
    #expect(blocked.withLock { $0 })
  }

  @Test func `a raised flag ends a wait, and what was waited for in vain is told`() throws {
    let flag = StopFlag()
    #expect(!flag.wait(nanoseconds: 1_000_000) && !flag.isRaised)
    let thread = try WorkerThread.start { flag.raise() }
    #expect(flag.wait(nanoseconds: 60_000_000_000) && flag.isRaised)
    thread.join()
  }

  @Test func `signals are blocked until they are restored`() {
    let before = SignalSet.stops.block()
    #expect(SignalSet().block().contains(SIGTSTP))
    before.restore()
    #expect(SignalSet().block().contains(SIGTSTP) == before.contains(SIGTSTP))
  }
}
