import Glibc
import PostgresStore
import QueueCore
import System
import Worker

/// Watches over a worker of this machine: shows others that it lives, ends what it can vouch for no longer, and
/// takes back what it has left when it is dead.
///
/// Three threads: one renews, one takes back, and both may wait for a server, or for the name of one. The third waits
/// for nobody: what nobody can vouch for ends at its time.
final class Guardian: Sendable {
  /// From one look at what still runs to the next, while something ends, in milliseconds.
  private static let pause: Int32 = 20
  /// The longest sleep before the deadline, in microseconds: the clock of sleeps stands still with the machine.
  private static let longestSleep: Int64 = 500_000
  /// The longest pause between tries to take back, in microseconds.
  private static let longestPause: UInt32 = 1_000_000
  /// libpq resolves names and encrypts on it.
  private static let stackSize = 1 << 20

  private let request: GuardRequest
  private let process: WatchedProcess
  private let post: GuardPost

  /// Watches over the worker until nothing of it is left, and exits.
  static func guardToEnd(_ request: GuardRequest) -> Never {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { signal(number, SIG_IGN) }
    do {
      try Guardian(request).run()
    } catch {
      _exit(1)
    }
  }

  private init(_ request: GuardRequest) throws {
    self.request = request
    process = WatchedProcess(request.pid, startTicks: request.startTicks)
    post = try GuardPost(request.place, request.worker, place: request.directory)
  }

  func run() throws -> Never {
    _ = try WorkerThread.start(name: "q-deadline", detached: true) { self.keepDeadline() }
    _ = try WorkerThread.start(name: "q-beat", stackSize: Self.stackSize, detached: true) {
      self.renew()
    }
    try? HouseKeeping(request.place).start()
    while !process.waitForEnd(within: -1) {}
    recover()
  }

  /// Others are about to take what the worker has, or it is dead and they will.
  private func keepDeadline() -> Never {
    while !post.proof.isOver {
      let left = post.proof.left.wholeMicroseconds + 1_000
      usleep(UInt32(min(max(left, 1_000), Self.longestSleep)))
    }
    endEverything(exit: 1)
  }

  private func renew() -> Never {
    guard let beat = try? Beat(post) else { _exit(1) }
    while true {
      if beat.renew() == false {
        // Others have what it had, unless it had nothing left.
        if post.proof.isLeaving { end(0) }
        endEverything(exit: 0)
      }
      usleep(beat.interval)
    }
  }

  /// The worker is dead, seen here: what it has left is ended, then runs again at once, wherever.
  private func recover() -> Never {
    if post.proof.hasLeft { end(0) }
    _ = endRuns()
    let store = GuardedStore(post)
    var pause = UInt32(Self.pause) * 1_000
    while true {
      // As long as nobody is told, others wait for the lease; the deadline is kept meanwhile.
      if let isDone = try? store.recover(for: request.queue), isDone { end(0) }
      usleep(pause)
      pause = min(pause * 2, Self.longestPause)
    }
  }

  /// The worker and its runs end, until none is left.
  private func endEverything(exit status: Int32) -> Never {
    while true {
      process.kill()
      let isLeft = endRuns()
      if process.waitForEnd(within: Self.pause), !isLeft, !endRuns() { break }
      if isLeft { usleep(UInt32(Self.pause) * 1_000) }
    }
    end(status)
  }

  /// Ends what runs here of the worker, without asking the store; whether something still ran.
  private func endRuns() -> Bool {
    StoreLiveness.endRuns(
      of: request.worker, in: post.directory, incarnation: request.incarnation)
  }

  /// The page is nobody's any more once the worker is dead.
  private func end(_ status: Int32) -> Never {
    if process.waitForEnd(within: 0) { unlink(post.path) }
    _exit(status)
  }
}
