import Glibc
import PostgresStore
import QueueCore
import System
import Worker

/// Watches over a worker of this machine: shows others that it lives, ends what it can vouch for no longer, and
/// takes back what it has left when it is dead.
final class Guardian {
  /// From one renewal to the next, in milliseconds.
  private static let interval: Int32 = 1_000
  /// From one look at what still runs to the next, while something ends.
  private static let pause: Int32 = 20

  private let request: GuardRequest
  private let process: WatchedProcess
  private let store: GuardedStore

  init(_ request: GuardRequest) throws {
    self.request = request
    process = WatchedProcess(request.pid, startTicks: request.startTicks)
    store = try GuardedStore(request.place, worker: request.worker)
  }

  func run() throws {
    try? HouseKeeping(request.place).start()
    while true {
      switch store.renew() {
      case .renewed: break
      case .taken: return endEverything()
      case .unheard: if store.isOver { return endEverything() }
      }
      if process.waitForEnd(within: Self.interval) { return try recover() }
    }
  }

  /// The worker is dead, seen here: what it has left is ended, then runs again at once, wherever.
  private func recover() throws {
    while true {
      do {
        if try store.recover(for: request.queue) { return }
        usleep(UInt32(Self.pause) * 1_000)
      } catch {
        // As long as nobody is told, others wait for the lease: until then nothing of it may run.
        if store.isOver { return endEverything() }
        usleep(UInt32(Self.interval) * 1_000)
      }
      if case .taken = store.renew() { return endEverything() }
    }
  }

  /// Others take what the worker has, or are about to: it ends, and its runs, until none is left.
  private func endEverything() {
    process.kill()
    while !process.waitForEnd(within: Self.pause) { process.kill() }
    while store.endRuns() { usleep(UInt32(Self.pause) * 1_000) }
  }
}
