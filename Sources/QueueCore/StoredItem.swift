/// Everything that is known of an item, as it goes from one store to another.
public struct StoredItem: Hashable, Sendable {
  /// The item; its key's sequence and its claim mean nothing elsewhere.
  public var item: Item
  /// The payload; nil when it has none.
  public var payload: [UInt8]?
  /// What is kept of its output.
  public var output: KeptOutput?
  /// The number of its end; nil when it has none.
  public var end: UInt64?
  /// What it gave back.
  public var result: ItemResult?

  /// An item with nothing beside it.
  public init(_ item: Item) { self.item = item }
}

/// Everything that is known of a queue but its items, groups and batches.
public struct StoredQueue: Hashable, Sendable {
  /// Its name.
  public var name: QueueName
  /// What it is set to.
  public var settings: QueueSettings
  /// The number of the next end; 0: its ends are not numbered.
  public var nextEnd: UInt64 = 0
  /// What items have spent that are not there any more.
  public var spent: Amounts = [:]
  /// The queues that feed it.
  public var feeders: [QueueName] = []
  /// Up to which end each reader has read.
  public var readers: [ReaderName: UInt64] = [:]

  /// A queue that is set to something.
  public init(_ name: QueueName, settings: QueueSettings) {
    (self.name, self.settings) = (name, settings)
  }
}

/// What stays known of a pruned item.
public struct StoredID: Hashable, Sendable {
  /// Its id.
  public var id: ItemID
  /// Done or failed.
  public var status: Status
  /// Tells its payload from others; 16 bytes.
  public var fingerprint: [UInt8]

  /// What stays known.
  public init(_ id: ItemID, _ status: Status, fingerprint: [UInt8]) {
    (self.id, self.status, self.fingerprint) = (id, status, fingerprint)
  }
}

/// What becomes of an item that comes from another store, and whose id the queue knows.
public enum Conflict: String, Sendable, CaseIterable {
  /// The one that is there stays.
  case skip
  /// The one that comes takes its place, unless a worker has the one that is there.
  case replace
  /// The one that is there stays, and is named.
  case error
}

/// What came of one item.
public enum Restored: Hashable, Sendable {
  /// It is there.
  case added
  /// It is there in place of another.
  case replaced
  /// Another one stays.
  case skipped
  /// Another one stays, and that is an error.
  case refused
}

/// A store whose queues go elsewhere, and come from there, with everything that is known of them.
public protocol TransferableStore: QueueStore {
  /// A queue without its items; nil when there is none of that name.
  func stored(_ queue: QueueName) throws(StoreError) -> StoredQueue?

  /// Items of a queue in the order of their keys, from the first with a key after `after` (nil: from the start): at
  /// most `limit`, and no more once they have so many bytes; the first comes in any case. None when there are no more.
  func stored(
    in queue: QueueName, after: ItemKey?, limit: Int, bytes: Int
  ) throws(StoreError) -> [StoredItem]

  /// What stays known of pruned items, a part at a time, and where the next part begins.
  func storedIDs(
    of queue: QueueName, after: [UInt8]?
  ) throws(StoreError) -> (ids: [StoredID], next: [UInt8]?)

  /// Makes a queue as it was elsewhere; false, and nothing is changed, when there is one of that name.
  func restore(_ queue: StoredQueue) throws(StoreError) -> Bool

  /// Notes that queues feed another, those that are there.
  func connect(_ feeders: [QueueName], to queue: QueueName) throws(StoreError)

  /// Puts items into a queue, in one transaction; one answer for each, in order. What was claimed is pending. Their
  /// ends keep their numbers where the queue goes on from `nextEnd`, as ``restore(_:)`` has left it; else they get new
  /// ones. Batches that they are of, or await, are made where they are not there, and stay open.
  func restore(
    _ items: [StoredItem], in queue: QueueName, onConflict conflict: Conflict, nextEnd: UInt64
  ) throws(StoreError) -> [Restored]

  /// Has ids be known of pruned items, in one transaction; those that are known already stay. How many are new.
  func restore(_ ids: [StoredID], in queue: QueueName) throws(StoreError) -> Int
}
