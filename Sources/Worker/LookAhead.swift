/// How many items to claim beyond the free slots, so that no slot waits for a commit: as many as
/// end in the time of two commits and the pauses before them. None when runs are long: claimed items would only wait here while
/// another worker is free.
struct LookAhead {
  /// Nanoseconds; above this median nothing is claimed ahead.
  static let longRun: UInt64 = 200_000_000
  /// Nanoseconds from one commit to the next while every slot has work without it: what ends
  /// meanwhile shares the commit, and the disk and the processors are left to the handlers.
  static let pause: UInt64 = 5_000_000
  private var commitTime = 0.0
  private var recent: [UInt64] = []
  private var place = 0
  private var isSuspended = false

  /// Notes how long a turn's transaction took, in nanoseconds.
  mutating func committed(in duration: UInt64) {
    commitTime = commitTime == 0 ? Double(duration) : commitTime * 0.8 + Double(duration) * 0.2
  }

  /// Claims nothing ahead until a run ends.
  mutating func suspend() { isSuspended = true }

  /// Notes how long a handler ran, in nanoseconds.
  mutating func ran(for duration: UInt64) {
    isSuspended = false
    if recent.count < 33 {
      recent.append(duration)
    } else {
      recent[place] = duration
      place = (place + 1) % recent.count
    }
  }

  /// The number of items, at `rate` items a second.
  func count(rate: Double) -> Int {
    guard !isSuspended, !recent.isEmpty, recent.sorted()[recent.count / 2] <= Self.longRun else {
      return 0
    }
    return min(Int(rate * 2 * (commitTime + Double(Self.pause)) / 1e9 + 0.5), 2_000)
  }
}
