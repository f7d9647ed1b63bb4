public import OrderedStore
import QueueCore

extension OrderedQueueStore {
  /// The tables of a store, in the order of their numbers: an engine makes them, and opens those that
  /// are there.
  public static var tables: [Table] { Table.all }
  /// The table that every store has had from its first version on.
  public static var formatTable: Table { .meta }

  /// What a store is named by in its tokens.
  public static func nameOfTokens(in transaction: any OrderedReading) throws -> UInt64 {
    try StoreIdentity(in: transaction).incarnation
  }

  /// How many workers and tokens are left out where some may have been given that the store does not know of: more
  /// than are given between two commits that are durable.
  package static let skipped: UInt64 = 1 << 20

  /// Gives no worker and no token whose number may have been given, though the store does not know of it any more.
  public static func skipNumbers(in transaction: any OrderedWriting) throws {
    let identity = try StoreIdentity(in: transaction)
    var session = WriteSession(transaction, identity, now: Timestamp(microseconds: 0))
    try session.updateNumbers { numbers in
      numbers.worker += skipped
      numbers.token += skipped
    }
    try session.flush()
  }

  /// Writes what a new store begins with into its empty tables. `mark`: see ``Presence/mark()``.
  public static func begin(
    in transaction: any OrderedWriting, mark: (UInt64, UInt64)
  ) throws {
    let identity = StoreIdentity(number: .random(in: 1 ... .max), mark: mark, salt: 0)
    var session = WriteSession(transaction, identity, now: Timestamp(microseconds: 0))
    try session.write(WriteSession.Numbers())
    try session.writeVersion()
    try identity.write(in: &session)
    try session.flush()
  }
}

extension StoreIdentity {
  func write(in session: inout WriteSession) throws {
    session.writer.clear()
    session.writer.put(number)
    session.writer.put(mark.0)
    session.writer.put(mark.1)
    if incarnation != number { session.writer.put(number ^ incarnation) }
    try session.transaction.put(session.writer.bytes, for: Format.identityKey, in: .meta)
  }
}
