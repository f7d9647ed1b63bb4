import Glibc
package import QueueCore
package import System

/// When a worker was last heard of, for sure: a page that it shares with its guard.
///
/// The moment is one before the renewal was sent that was answered: whoever takes the worker's items has seen that
/// renewal, or a later one, and waits a lease from then on. No two clocks are compared.
///
/// @unchecked Sendable: one aligned word, that threads and two processes load and store whole.
package final class Proof: @unchecked Sendable {
  private let page: UnsafeMutablePointer<UInt64>
  private static let size = 4_096
  package let lease: Duration

  /// Maps it, and makes it where it is not there.
  package init(_ path: String, lease: Duration) throws(SystemError) {
    self.lease = lease
    let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    guard ftruncate(file.number, off_t(Self.size)) == 0,
      let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0),
      mapped != MAP_FAILED
    else { throw SystemError("map", path) }
    page = mapped.assumingMemoryBound(to: UInt64.self)
  }

  deinit { munmap(page, Self.size) }

  /// Notes one, by ``BootTime``.
  package func note(_ moment: UInt64) { page.pointee = moment }

  /// How old it is.
  package var age: Duration {
    let (moment, now) = (page.pointee, BootTime.now())
    return .nanoseconds(Int64(clamping: now > moment ? now - moment : 0))
  }

  /// How the worker stands. Half of the lease is for renewals that come late: nothing is begun then. What is left
  /// after six tenths is for its handlers to be ended, by itself and then by its guard, before others begin.
  package var standing: Standing {
    let age = age
    if age > lease * 6 / 10 { return .lost }
    return age > lease / 2 ? .doubtful : .sure
  }

  /// Whether the guard is to end what the worker has not.
  package var isOver: Bool { age > lease * 2 / 3 }
}
