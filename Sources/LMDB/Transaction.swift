import CLMDB

/// What read and write transactions have in common: a view of the environment at one moment.
///
/// Pointers that a transaction gives are valid until it ends; in a write transaction only until
/// the next put or delete.
public protocol Transaction: ~Copyable {
  /// LMDB's own transaction, for this module. Never keep it longer than the transaction.
  var handle: TransactionHandle { get }
}

/// A transaction that may change the environment.
public protocol ChangingTransaction: ~Copyable, Transaction {}

/// LMDB's own transaction, lent for as long as the transaction lives. Only that of a
/// ``WriteTransaction`` can be changed: LMDB refuses the others.
public struct TransactionHandle: ChangingTransaction {
  let pointer: OpaquePointer

  /// Itself.
  public var handle: TransactionHandle { self }
}

extension Transaction where Self: ~Copyable {
  /// A read transaction: the id of the last commit it sees. A write transaction: the id its commit
  /// will get. The corresponding C function is `mdb_txn_id`.
  public var id: UInt64 { UInt64(mdb_txn_id(handle.pointer)) }

  /// The value of a key, nil without one. The corresponding C function is `mdb_get`.
  @inlinable
  public func value(for key: UnsafeRawBufferPointer, in database: Database) throws(LMDBError)
    -> UnsafeRawBufferPointer?
  {
    try handle.value(for: key, in: database)
  }

  /// Lends the value of a key to `body`; nil, and no call, without one.
  /// The corresponding C function is `mdb_get`.
  @inlinable
  public func withValue<Result>(
    of key: UnsafeRawBufferPointer, in database: Database,
    _ body: (RawSpan) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result? {
    guard let value = try handle.value(for: key, in: database) else { return nil }
    return try body(value.bytes)
  }

  /// Whether a key exists. The corresponding C function is `mdb_get`.
  @inlinable
  public func contains(_ key: UnsafeRawBufferPointer, in database: Database) throws(LMDBError)
    -> Bool
  {
    try handle.value(for: key, in: database) != nil
  }

  /// A copy of the value of a key, nil without one. The corresponding C function is `mdb_get`.
  public func bytes(for key: [UInt8], in database: Database) throws(LMDBError) -> [UInt8]? {
    let handle = handle
    return try key.span.bytes.withUnsafeBytes { (key) throws(LMDBError) in
      try handle.value(for: key, in: database).map(Array.init)
    }
  }

  /// The size of a database. The corresponding C function is `mdb_stat`.
  public func statistics(of database: Database) throws(LMDBError) -> DatabaseStatistics {
    var statistics = MDB_stat()
    try check(
      mdb_stat(handle.pointer, database.identifier, &statistics), "measure a database")
    return DatabaseStatistics(statistics)
  }
}

extension TransactionHandle {
  @usableFromInline
  func value(for key: UnsafeRawBufferPointer, in database: Database) throws(LMDBError)
    -> UnsafeRawBufferPointer?
  {
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_get(pointer, database.identifier, &key, &value)
    if code == MDB_NOTFOUND { return nil }
    try check(code, "get a value")
    return value.bytes
  }
}
