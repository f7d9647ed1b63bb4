/// How many items to claim beyond the free slots, so that no slot waits for a commit: as many as
/// end in the time of two commits and the pauses before them. None when runs are long: claimed items
/// would only wait here while another worker is free.
struct LookAhead {
  /// Nanoseconds; above this median nothing is claimed ahead.
  static let longRun: UInt64 = 200_000_000
  /// Nanoseconds from one commit to the next while every slot has work without it: what ends
  /// meanwhile shares the commit, and the disk and the processors are left to the handlers.
  static let pause: UInt64 = 5_000_000
  private static let most = 4_000
  private var commitTime = 0.0
  private var committedAt: UInt64 = 0
  private var recent: [UInt64] = []
  private var place = 0
  private var isSuspended = false
  /// When a handler ended last, or the worker began.
  private var endedAt: UInt64
  /// How fast this worker's items end.
  private var meter: RateMeter

  init(now: UInt64) {
    endedAt = now
    meter = RateMeter(now: now)
  }

  /// Notes a turn's transaction, and how many items it settled.
  mutating func committed(_ count: Int, from began: UInt64, to now: UInt64) {
    let duration = Double(now - began)
    commitTime = commitTime == 0 ? duration : commitTime * 0.8 + duration * 0.2
    committedAt = now
    meter.add(count, now: now)
  }

  /// Claims nothing ahead until a run ends.
  mutating func suspend() { isSuspended = true }

  /// Notes how long a handler ran, in nanoseconds, that has ended now.
  mutating func ran(for duration: UInt64, now: UInt64) {
    isSuspended = false
    endedAt = now
    if recent.count < 33 {
      recent.append(duration)
    } else {
      recent[place] = duration
      place = (place + 1) % recent.count
    }
  }

  /// Whether no run has ended for so long that what waits for a slot may start sooner elsewhere.
  func isBehindLongRuns(_ now: UInt64) -> Bool { now > endedAt + Self.longRun }

  /// How long to let more ends share the next commit.
  func timeToShare(_ now: UInt64) -> UInt64 {
    let next = committedAt + Self.pause
    return next > now ? next - now : 0
  }

  /// The number of items.
  func count(now: UInt64) -> Int { count(rate: meter.rate(now: now)) }

  /// The number of items, at `rate` items a second.
  func count(rate: Double) -> Int {
    guard !isSuspended, !recent.isEmpty, recent.sorted()[recent.count / 2] <= Self.longRun else {
      return 0
    }
    return min(Int(rate * 2 * (commitTime + Double(Self.pause)) / 1e9 + 0.5), Self.most)
  }
}
