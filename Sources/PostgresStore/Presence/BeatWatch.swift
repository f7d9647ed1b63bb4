import QueueCore
import System

/// Since when the beats of other places' workers have stood still, by this machine's clock.
struct BeatWatch {
  /// How old what was read may be, in nanoseconds.
  private static let interval: UInt64 = 500_000_000

  /// A row of `beats`.
  struct Row {
    var worker: WorkerID
    var place: String
    var lease: Duration
    var beat: Int64
  }

  private struct Seen {
    var row: Row
    /// When this beat was first seen.
    var since: UInt64
  }

  private var seen: [WorkerID: Seen] = [:]
  private var readAt: UInt64 = 0
  /// The connection on which they were read.
  private var session = 0
  private let clock: @Sendable () -> UInt64

  init(clock: @escaping @Sendable () -> UInt64 = MonotonicTime.now) { self.clock = clock }

  /// Whether it is time to read them again.
  var isOld: Bool { readAt == 0 || clock() - readAt > Self.interval }

  /// Notes what was read just now. A lease counts as its holder has set it. With another connection it begins anew:
  /// a server that crashed, or another in its place, may have lost the latest beats, and one that moved since then
  /// would seem to stand.
  mutating func note(_ rows: [Row], session: Int) {
    readAt = clock()
    let old = session == self.session ? seen : [:]
    self.session = session
    seen = [:]
    for row in rows {
      let before = old[row.worker]
      let stands = before?.row.beat == row.beat && before?.row.place == row.place
      seen[row.worker] = Seen(row: row, since: stands ? before?.since ?? readAt : readAt)
    }
  }

  /// Those that have a row.
  var workers: [WorkerID] { seen.keys.sorted { $0.number < $1.number } }

  /// What was read of a worker; nil: it has no row.
  func row(_ worker: WorkerID) -> Row? { seen[worker]?.row }

  /// Whether its beat has not moved for its lease.
  func isStill(_ worker: WorkerID) -> Bool {
    guard let seen = seen[worker] else { return false }
    let lease = Cure.wholeLease.isLeftOut ? seen.row.lease / 6 : seen.row.lease
    return .nanoseconds(Int64(clamping: readAt - seen.since)) >= lease
  }
}
