public import OrderedStore
public import QueueCore

/// The queues, written once on whatever keeps tables of bytes in order.
///
/// See `Format` for what is in the tables. An engine adds where its store is and how it is opened.
open class OrderedQueueStore: QueueStore {
  /// The format versions of stores that are read; the last is the one that is written.
  public static var formats: ClosedRange<UInt32> { Format.oldestVersion...Format.version }

  /// Told, once, that a write has made a store of an older format version one of this program's.
  public var onUpgrade: ((_ from: UInt32, _ to: UInt32) -> Void)?

  let engine: any OrderedStore
  let presence: any Presence
  private(set) var identity: StoreIdentity
  /// The store's format: an older one until something is written.
  private var version: UInt32

  /// Opens the queues of a store. Throws `.unusable`, `.unsound`, `.formatVersion`.
  public init(_ engine: any OrderedStore, presence: any Presence) throws(StoreError) {
    self.engine = engine
    self.presence = presence
    let address = engine.address
    // First, since whoever upgrades the store meanwhile makes tables: those of this version are there.
    let version = try engine.read { try Format.version(in: $0, address) }
    self.version = version
    identity = try engine.read { transaction in
      let identity = try StoreIdentity(in: transaction)
      try transaction.require(Table.all.filter { Format.beginning(of: $0) <= version })
      // A record that cannot be read is for the audit to find, and for a repair to remove.
      let reading = StoreReading(
        transaction: transaction, identity: identity, version: version)
      try presence.join(try reading.readableWorkers())
      return identity
    }
  }

  /// Where the store is, as its engine names it.
  public var address: String { engine.address }

  /// The store's name in every token; a copy of the store has another.
  public var incarnation: UInt64 { identity.incarnation }

  /// The moment by the store's clock.
  public var now: Timestamp { engine.now }

  /// A number that moves with every commit of any process.
  public var revision: UInt64 { engine.revision }

  /// Runs one write transaction, which makes a store of an older version one of this program's. Throws
  /// `.formatVersion`, with nothing written, when it has become one of a newer version. Makes it durable,
  /// and wakes whoever waits for what it has changed. `hints`: what it asks for first.
  func write<Result>(
    expecting hints: () throws -> [Prefetch] = { [] },
    _ body: (inout WriteSession) throws -> Result
  ) throws(StoreError) -> Result {
    var wakes: Set<UInt32> = []
    var old = Format.version
    let result = try engine.write { transaction in
      // A store of an older version may lack what is asked for.
      if version == Format.version { try transaction.prefetch(hints) }
      old = try Format.version(in: transaction, address)
      var session = WriteSession(transaction, identity, now: engine.now)
      if old < Format.version { try session.upgrade(from: old) }
      let result = try body(&session)
      try session.finish()
      wakes = session.wakes
      return result
    }
    version = Format.version
    if old < version { onUpgrade?(old, version) }
    for queue in wakes { engine.wake(queue) }
    return result
  }

  /// Runs one read transaction; nothing that it lends outlives `body`.
  func read<Result>(_ body: (StoreReading) throws -> Result) throws(StoreError) -> Result {
    while true {
      let result: Result? = try engine.read { transaction in
        if version < Format.version {
          // Whoever writes meanwhile makes an old store a new one: its tables are open the next time.
          let current = try Format.version(in: transaction, address)
          guard current == version else {
            version = current
            return nil
          }
        }
        return try body(
          StoreReading(transaction: transaction, identity: identity, version: version))
      }
      if let result { return result }
    }
  }

  /// The store is known by this from now on.
  func adopt(_ identity: StoreIdentity) { self.identity = identity }
}
