public import QueueCore

/// One store of one engine: tables of bytes in the order of their keys, changed in transactions.
///
/// What an engine must be able to do so that queues can be kept on it; what is in the tables it does
/// not know. A store is used by one thread at a time.
public protocol OrderedStore: AnyObject {
  /// Where the store is, as messages name it.
  var address: String { get }

  /// The store's clock. In a write's body: of a moment after whoever wrote before has ended.
  var now: Timestamp { get }

  /// A number that moves with every commit of any process; costs no transaction.
  var revision: UInt64 { get }

  /// Whether another process wants to write now: a long batch commits what it has, and lets it.
  var isWanted: Bool { get }

  /// Lends a snapshot to `body`. Whoever reads waits for no writer.
  func read<Result>(_ body: (any OrderedReading) throws -> Result) throws(StoreError) -> Result

  /// Lends a transaction to `body`, one at a time among all who use the store, roughly in the order in
  /// which they ask. When this returns, what `body` did is durable; when `body` throws, nothing of it
  /// has happened. Throws `.commitUnknown` when it is done whole or not at all, and only another look
  /// tells; and `.busy` when the turn does not come in time.
  func write<Result>(_ body: (any OrderedWriting) throws -> Result) throws(StoreError) -> Result

  /// Tells those who watch a topic, after a commit.
  func wake(_ topic: UInt32)

  /// Tells when somebody wakes that topic: a hint that may come for nothing.
  func watch(_ topic: UInt32) -> any QueueWatch

  /// Drops what is kept for those who watch a topic that is gone.
  func forget(_ topic: UInt32)
}

/// A view of a store at one moment.
///
/// Keys have 1 to 511 bytes and sort as `memcmp` sorts them. What a scan lends stays while it is visited, a value
/// until its table is asked for something else: a look may be at all there is. In a transaction that writes both
/// stay until its next change. Nothing of it outlives the body that it was lent to. Calls throw what the engine says of a
/// store that is damaged, or of a lost connection.
public protocol OrderedReading: AnyObject {
  /// The commit that is seen; in a write, the one that it will be. Two snapshots of one number are one.
  var revision: UInt64 { get }

  /// The value of a key, lent; nil without one.
  func value(for key: UnsafeRawBufferPointer, in table: Table) throws -> UnsafeRawBufferPointer?

  /// Lends the entries from the first key that is `key` or sorts after it, in order, until `body` says
  /// false. An empty key: from the start. `body` does not write.
  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
  ) throws

  /// How many entries a table has. Behind a network it takes as long as looking at them.
  func count(_ table: Table) throws -> UInt64

  /// Throws `.unsound` unless these tables are there.
  func require(_ tables: [Table]) throws

  /// What will be asked for soon, so that an engine behind a network can fetch it in one round trip.
  /// An engine without one does not even ask what it is.
  func prefetch(_ hints: () throws -> [Prefetch]) throws
}

/// A transaction that changes a store, and sees what it has changed.
public protocol OrderedWriting: OrderedReading {
  /// Puts a value, in place of the key's old one. What `hint` says must be so: an engine need not look, and may
  /// throw `.unsound` when the transaction ends.
  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table,
    _ hint: KeyHint
  ) throws

  /// The value that a key has already; nil, and `value` is put, when there is none.
  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer?

  /// Removes an entry; whether there was one.
  @discardableResult
  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool

  /// Makes a table that the store lacks, empty, in this transaction; nothing where it is there. Of a table
  /// that is not there every other call throws `.unsound`.
  func make(_ table: Table) throws
}

/// What is known of a key that is put.
public enum KeyHint: Sendable {
  /// Nothing.
  case none
  /// Its table has none of it.
  case new
  /// It sorts after every other of its table.
  case last
}

/// What will be asked for soon.
public enum Prefetch {
  /// These keys.
  case keys([[UInt8]], Table)
  /// These keys, among which few others lie.
  case near([[UInt8]], Table)
  /// Up to so many entries, from the first key that is this one or sorts after it; and what other tables have for
  /// the keys of these.
  case entries(from: [UInt8], limit: Int, Table, with: [Table] = [])
}

extension OrderedReading {
  /// Whether a key is there.
  public func contains(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    try value(for: key, in: table) != nil
  }

  /// A copy of a key's value.
  public func bytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
    try key.withUnsafeBytes { try value(for: $0, in: table).map(Array.init) }
  }

  /// The first entry whose key is `key` or sorts after it, as `body` reads it; nil beyond the last.
  public func first<Result>(
    in table: Table, from key: UnsafeRawBufferPointer,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    var result: Result?
    try scan(table, from: key) { key, value in
      result = try body(key, value)
      return false
    }
    return result
  }

  /// Whether they are there shows when they are counted.
  public func require(_ tables: [Table]) throws {
    for table in tables { _ = try count(table) }
  }

  /// Nothing is far away.
  public func prefetch(_ hints: () throws -> [Prefetch]) throws {}
}

extension OrderedWriting {
  /// Puts a value, in place of the key's old one.
  public func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws {
    try put(value, for: key, in: table, .none)
  }

  /// Puts a value, in place of the key's old one.
  public func put(_ value: [UInt8], for key: [UInt8], in table: Table) throws {
    try key.withUnsafeBytes { key in
      try value.withUnsafeBytes { try put($0, for: key, in: table, .none) }
    }
  }

  /// Removes an entry; whether there was one.
  @discardableResult
  public func delete(_ key: [UInt8], in table: Table) throws -> Bool {
    try key.withUnsafeBytes { try delete($0, in: table) }
  }
}
