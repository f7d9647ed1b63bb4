import Histogram
package import QueueCore

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
    /// Standard output takes no more; the `errno`.
    case output(Int32)
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

  /// Items that failed for good with the same message.
  package struct FailureGroup: Sendable {
    package var message: [UInt8]
    package var count: UInt64
    /// At most three.
    package var ids: [ItemID]
  }

  package var end: End = .drained
  package var outcomes = Outcomes()
  package var startedAt: Timestamp
  package var finishedAt: Timestamp
  /// The queue at the end.
  package var counts: Counts?
  /// The slowest runs, the slowest first; at most five, in nanoseconds.
  package private(set) var slowest: [(id: ItemID, duration: UInt64)] = []
  /// Failures by message, in order of first appearance; at most ``maximumGroups``.
  package private(set) var failures: [FailureGroup] = []
  /// Failures whose message found no group any more.
  package private(set) var failuresOmitted: UInt64 = 0
  private var groups: [[UInt8]: Int] = [:]
  private var durations = Histogram<UInt64>(numberOfSignificantValueDigits: .two)

  /// How many different messages are told apart.
  package static let maximumGroups = 100
  private static let maximumMessage = 200

  init(startedAt: Timestamp) {
    self.startedAt = startedAt
    finishedAt = startedAt
  }

  /// Notes a run that ended, with its duration in nanoseconds.
  mutating func ran(_ id: ItemID, for duration: UInt64) {
    durations.record(duration / 1_000)
    guard slowest.count < 5 || duration > (slowest.last?.duration ?? 0) else { return }
    slowest.append((id, duration))
    slowest.sort { $0.duration > $1.duration }
    if slowest.count > 5 { slowest.removeLast() }
  }

  /// Notes an item that failed for good.
  mutating func failed(_ id: ItemID, message: [UInt8]) {
    let key = Self.pattern(of: message, id: id)
    if let index = groups[key] {
      failures[index].count += 1
      if failures[index].ids.count < 3 { failures[index].ids.append(id) }
    } else if failures.count < Self.maximumGroups {
      groups[key] = failures.count
      failures.append(FailureGroup(message: key, count: 1, ids: [id]))
    } else {
      failuresOmitted += 1
    }
  }

  /// Handlers that ran to an end.
  package var runs: UInt64 { durations.totalCount }

  /// Microseconds that this percentage of the runs did not exceed; 100: the longest.
  package func duration(percentile: Double) -> UInt64 {
    durations.totalCount == 0 ? 0 : durations.valueAtPercentile(percentile)
  }

  /// What messages that differ only in the item have in common: the last line, with `{}` where the
  /// id stands as a word.
  static func pattern(of message: [UInt8], id: ItemID) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    let line = message.split(separator: newline).last ?? []
    var pattern: [UInt8] = []
    var index = line.startIndex
    while index < line.endIndex && pattern.count < maximumMessage {
      let end = index + id.bytes.count
      if line[index...].starts(with: id.bytes),
        index == line.startIndex || !isWord(line[index - 1]),
        end == line.endIndex || !isWord(line[end])
      {
        pattern += Array("{}".utf8)
        index = end
      } else {
        pattern.append(line[index])
        index += 1
      }
    }
    return Array(pattern.prefix(maximumMessage))
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_")
  }
}
