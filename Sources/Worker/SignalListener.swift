import CProcess
import Glibc
import System

/// Takes the worker's signals on a thread of its own and hands them to the ledger.
///
/// Every other thread blocks them, so none interrupts a transaction. One that comes again within
/// ``echo`` is the same one: `timeout` signals its child, and then its whole group.
package final class SignalListener: Sendable {
  /// What the worker acts upon. Those that were ignored when it started stay ignored (nohup).
  static let handled: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGUSR1, SIGUSR2]

  private static let ends: Set<Int32> = [SIGINT, SIGTERM, SIGHUP]
  /// Nanoseconds.
  static let echo: UInt64 = 100_000_000

  private let received = BlockingQueue<Int32>()
  private let wake: WakePipe
  /// Nobody takes signals any more.
  private let isReleased = StopFlag()

  /// Blocks the signals on this thread, and on those it starts from now on.
  init(wake: WakePipe, settings: SpawnSettings) throws(SystemError) {
    self.wake = wake
    // One that was ignored when this process started stays so.
    let taken = SignalSet(Self.handled.filter { !settings.ignore.contains($0) })
    taken.block()
    signal(SIGPIPE, SIG_IGN)
    _ = try WorkerThread.start(name: "q-signals", detached: true) { [received, wake, isReleased] in
      var set = taken.raw
      var last: (number: Int32, at: UInt64) = (0, 0)
      while true {
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        let now = MonotonicTime.now()
        if Self.ends.contains(number), number == last.number, now < last.at + Self.echo { continue }
        last = (number, now)
        if isReleased.isRaised, Self.ends.contains(number) { Self.die(of: number) }
        received.push(number)
        wake.wake()
      }
    }
  }

  /// The signals that came since the last call.
  func take() -> [Int32] { received.popAll() }

  /// From now on the process dies of a signal that asks for its end: its last words may find nobody
  /// who reads them.
  func release() { isReleased.raise() }

  /// Ends this process by a signal, so that its parent sees it.
  package static func die(of number: Int32) -> Never {
    var set = SignalSet([number]).raw
    signal(number, SIG_DFL)
    // To this thread: one for the whole process would go to the thread that waits for signals.
    raise(number)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    _exit(128 + number)
  }
}
