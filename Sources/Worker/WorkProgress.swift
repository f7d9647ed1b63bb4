import Glibc
package import QueueCore

/// How far the work is, for a progress line.
package struct WorkProgress: Sendable {
  /// The queue as of the last commit.
  package var counts: Counts
  /// Handlers that run now.
  package var running: Int
  /// Items that this worker ended in a second, of late.
  package var rate: Double
  /// Items that failed for good in this worker.
  package var failed: UInt64

  package init(counts: Counts, running: Int, rate: Double, failed: UInt64) {
    self.counts = counts
    self.running = running
    self.rate = rate
    self.failed = failed
  }
}

/// How fast items end: an average in which the last ten seconds or so weigh most.
struct RateMeter {
  private static let memory = 10.0
  private var started: UInt64
  private var last: UInt64
  private var weighted = 0.0

  init(now: UInt64) { (started, last) = (now, now) }

  /// Notes that `count` items ended.
  mutating func add(_ count: Int, now: UInt64) {
    decay(to: now)
    weighted += Double(count)
  }

  /// Items a second.
  mutating func rate(now: UInt64) -> Double {
    decay(to: now)
    let age = Double(now - started) / 1e9
    guard age > 0 else { return 0 }
    // What a steady rate of one would have gathered by now.
    let window = Self.memory * (1 - exp(-age / Self.memory))
    return weighted / max(window, 1e-3)
  }

  private mutating func decay(to now: UInt64) {
    guard now > last else { return }
    weighted *= exp(-Double(now - last) / 1e9 / Self.memory)
    last = now
  }

}
