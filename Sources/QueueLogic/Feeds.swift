import OrderedStore
import QueueCore

/// That items of one queue have emitted into another.
struct Feed: Hashable {
  var from: UInt32
  var to: UInt32

  /// Its key in `meta`.
  var key: [UInt8] {
    Format.feeds + withUnsafeBytes(of: from.bigEndian, Array.init)
      + withUnsafeBytes(of: to.bigEndian, Array.init)
  }
}

extension StoreReading {
  /// All that feeds anything, in the order of their numbers.
  func feeds() throws -> [Feed] {
    var feeds: [Feed] = []
    try withBytes(Format.feeds) { start in
      try transaction.scan(.meta, from: start) { key, _ in
        guard key.starts(with: Format.feeds) else { return false }
        var reader = RecordReader(UnsafeRawBufferPointer(rebasing: key[Format.feeds.count...]))
        feeds.append(Feed(from: try reader.uint32(), to: try reader.uint32()))
        return true
      }
    }
    return feeds
  }

  /// What feeds a queue, directly or through others; `batch` and `record` read a batch's record, and a queue's.
  func upstream(
    of queue: UInt32, _ feeds: [Feed], _ batch: (UInt32) throws -> BatchRecord?,
    _ record: (UInt32) throws -> QueueRecord
  ) throws -> Upstream {
    var upstream = Upstream()
    guard !feeds.isEmpty else { return upstream }
    // An edge may outlive a queue where the store is damaged: the audit says so.
    let direct = Set(feeds.lazy.filter { $0.to == queue }.map(\.from)).subtracting([queue])
    for number in direct.sorted() {
      if let record = try? record(number) { upstream.feeders.append(record.name) }
    }
    let all = Self.reached(from: queue, feeds.map { ($0.to, $0.from) }).sorted()
    for number in all {
      guard let feeder = try? record(number) else { continue }
      let due = feeder.counts.scheduled > 0 ? try nextDue(of: number) : nil
      upstream.add(
        feeder.name, feeder.counts, feeder.settings, nextDue: due,
        awaited: try awaited(by: feeder, batch, record))
    }
    return upstream
  }

  /// The queues that edges lead to, each once, without the one that they start from.
  static func reached(from start: UInt32, _ edges: [(UInt32, UInt32)]) -> Set<UInt32> {
    var reached: Set<UInt32> = [start]
    var waiting = [start]
    while let number = waiting.popLast() {
      for edge in edges where edge.0 == number && reached.insert(edge.1).inserted {
        waiting.append(edge.1)
      }
    }
    return reached.subtracting([start])
  }
}

extension WriteSession {
  /// Wakes those who wait for the end of queues that this one feeds, directly or through others.
  mutating func wakeFed(by queue: UInt32) throws {
    let feeds = try reading.feeds()
    if feeds.isEmpty { return }
    for number in StoreReading.reached(from: queue, feeds.map { ($0.from, $0.to) }) { wake(number) }
  }

  /// Notes that items of one queue emit into another.
  func note(_ feed: Feed) throws {
    guard feed.from != feed.to else { return }
    try withBytes(feed.key) { key in
      if try !transaction.contains(key, in: .meta) {
        try transaction.put(noBytes, for: key, in: .meta)
      }
    }
  }

  /// Forgets what feeds a queue that goes, and what it feeds.
  func forgetFeeds(of queue: UInt32) throws {
    for feed in try reading.feeds() where feed.from == queue || feed.to == queue {
      try transaction.delete(feed.key, in: .meta)
    }
  }
}
