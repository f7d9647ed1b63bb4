/// An item that is to be there once another one is done: of the next stage.
///
/// It comes in the transaction that makes its parent done, with the parent's priority and into its batch, or not at all. An
/// id that its queue has already is a duplicate, as with an enqueue.
public struct Emission: Hashable, Sendable {
  /// How many one item may emit.
  public static let maximumCount = 10_000
  /// How many bytes the ids and payloads may have that one item emits.
  public static let maximumBytes = 16 << 20

  /// The queue that is to have it; made if there is none.
  public var queue: QueueName
  /// What names it there.
  public var id: ItemID
  /// Its payload, at most ``ItemBatch/maximumPayload`` bytes; nil when it has none.
  public var payload: [UInt8]?

  /// An item that is to be there.
  public init(queue: QueueName, id: ItemID, payload: [UInt8]? = nil) {
    (self.queue, self.id, self.payload) = (queue, id, payload)
  }

  /// What is too much of it, in words.
  package static let tooMany = "more than 10,000 items, or 16 MiB of them"

  /// Whether one item may emit all of these.
  public static func areFew(_ emitted: [Emission]) -> Bool {
    guard emitted.count <= maximumCount else { return false }
    return emitted.reduce(0) { $0 + $1.size } <= maximumBytes
  }
}

/// What feeds a queue: the queues whose items have emitted into it, and those that feed these, each once
/// and never itself.
public struct Upstream: Hashable, Sendable {
  /// Those that feed it directly, in the order in which they were made.
  public var feeders: [QueueName] = []
  /// Those, of all, that have items which have not ended, in the same order.
  public var unfinished: [QueueName] = []
  /// How many items these have that have not ended.
  public var items: UInt64 = 0
  /// Of those items, how many will be worked on as far as the store knows: not those of a queue that is
  /// paused until somebody resumes it, nor orphaned, leased or scheduled ones, nor those that await batches.
  public var moving: UInt64 = 0
  /// When the first of the scheduled items is due that no pause without an end holds; nil without one.
  public var nextDue: Timestamp?

  /// Nothing feeds it.
  public init() {}

  /// Adds a queue that feeds it; `awaited`: what its items await.
  public mutating func add(
    _ queue: QueueName, _ counts: Counts, _ settings: QueueSettings, nextDue due: Timestamp?,
    awaited: AwaitedBatches?
  ) {
    let items = counts.unfinished
    guard items > 0 else { return }
    unfinished.append(queue)
    self.items &+= items
    guard settings.pause != .indefinite else { return }
    moving &+= counts.moving
    if let awaited, awaited.isOver || awaited.isWorkedOn { moving &+= counts.awaiting }
    if counts.scheduled > 0, let due { nextDue = min(nextDue ?? due, due) }
  }
}
