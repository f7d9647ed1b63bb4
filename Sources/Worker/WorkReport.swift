import Histogram
package import QueueCore
package import System

/// What a worker's run came to.
package struct WorkReport: Sendable {
  /// Why the run ended.
  package enum End: Equatable, Sendable {
    /// Nothing is left, here or with others.
    case drained
    /// Nothing could be claimed, and it was not to wait.
    case idle
    /// As many items as were asked for have been claimed.
    case limit
    /// What is left is paused, or held, or due much later.
    case held(String)
    /// A signal asked for it.
    case signal(Int32)
    /// What handlers wrote cannot be handed on, or recorded.
    case output(SystemError)
    /// Too many items failed; in words.
    case halted(String)
    /// The handler cannot be run: as a shell would say it, 126 or 127, and why.
    case handler(status: Int32, String)
    /// Something of the worker's own failed.
    case error(StoreError)
  }

  /// What became of claims, each kind counted apart.
  package struct Outcomes: Sendable {
    package var succeeded: UInt64 = 0
    /// Failed for good.
    package var failed: UInt64 = 0
    /// Failed attempts that will be tried again.
    package var retried: UInt64 = 0
    package var deferred: UInt64 = 0
    package var timedOut: UInt64 = 0
    package var crashed: UInt64 = 0
    /// Claims of dead workers that this one took back.
    package var lost: UInt64 = 0
    package var released: UInt64 = 0
    /// Settlements that were refused because the claim was no longer ours.
    package var stale: UInt64 = 0
  }

  package var end: End = .drained
  package var outcomes = Outcomes()
  package var startedAt: Timestamp
  package var finishedAt: Timestamp
  /// Handlers at once, where the worker found their number.
  package var settledSlots: Int?
  /// What came of the items that handlers emitted.
  package var emitted = EnqueueResult(enqueued: 0, duplicates: 0)
  /// Items a run, where the worker found their number.
  package var settledLoad: Int?
  /// The queue at the end.
  package var counts: Counts?
  /// The slowest runs, the slowest first; at most five, in nanoseconds.
  package private(set) var slowest: [(id: ItemID, duration: UInt64)] = []
  /// Failures by the pattern of their message; at most ``maximumGroups``.
  package private(set) var failures = FailureGroups(limit: maximumGroups)
  private var durations = Histogram<UInt64>(numberOfSignificantValueDigits: .two)

  /// How many different messages are told apart.
  package static let maximumGroups = 100

  init(startedAt: Timestamp) {
    self.startedAt = startedAt
    finishedAt = startedAt
  }

  /// Notes how a run ended that is settled.
  mutating func note(_ outcome: Outcome) {
    switch outcome {
    case .timedOut: outcomes.timedOut += 1
    case .crashed: outcomes.crashed += 1
    default: break
    }
  }

  /// Notes what became of a claim; with the nanoseconds that its handler ran, where one did.
  mutating func note(_ id: ItemID, _ state: ItemState, after duration: UInt64?) {
    if let duration { ran(id, for: duration) }
    switch state {
    case .done: outcomes.succeeded += 1
    case .failed(let ending):
      outcomes.failed += 1
      failures.add(id, ending)
    case .delayed(let delay) where delay.reason == .deferred: outcomes.deferred += 1
    case .delayed: outcomes.retried += 1
    case .pending: outcomes.released += 1
    case .processing: break
    }
  }

  private mutating func ran(_ id: ItemID, for duration: UInt64) {
    durations.record(duration / 1_000)
    guard slowest.count < 5 || duration > (slowest.last?.duration ?? 0) else { return }
    slowest.append((id, duration))
    slowest.sort { $0.duration > $1.duration }
    if slowest.count > 5 { slowest.removeLast() }
  }

  /// Handlers that ran to an end.
  package var runs: UInt64 { durations.totalCount }

  /// Microseconds that this percentage of the runs did not exceed; 100: the longest.
  package func duration(percentile: Double) -> UInt64 {
    durations.totalCount == 0 ? 0 : durations.valueAtPercentile(percentile)
  }
}
