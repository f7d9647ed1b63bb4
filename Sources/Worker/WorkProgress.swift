package import QueueCore

/// How far the work is, for a progress line.
package struct WorkProgress: Sendable {
  /// The queue as of the last commit.
  package var counts: Counts
  /// Handlers that run now.
  package var running: Int
  /// Items of the queue that ended in a second of late, in whatever worker.
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

/// How fast items end: the mean since ten seconds ago, or, where runs are long, since twenty ended.
struct RateMeter {
  private static let memory: UInt64 = 10_000_000_000
  private static let sample = 20
  private static let interval: UInt64 = 500_000_000
  /// Moments, and how many had ended by then; what the first had is not counted.
  private var marks: [(time: UInt64, total: Int)]
  private var total = 0

  init(now: UInt64) { marks = [(now, 0)] }

  /// Notes that `count` items ended.
  mutating func add(_ count: Int, now: UInt64) {
    guard count > 0 else { return }
    total += count
    if let last = marks.last, now >= last.time + Self.interval { marks.append((now, total)) }
    while marks.count > 1, now >= marks[1].time + Self.memory, total >= marks[1].total + Self.sample
    {
      marks.removeFirst()
    }
  }

  /// Items a second.
  func rate(now: UInt64) -> Double {
    let time = now > marks[0].time ? now - marks[0].time : 0
    return time > 0 ? Double(total - marks[0].total) * 1e9 / Double(time) : 0
  }
}
