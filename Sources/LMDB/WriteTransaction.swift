import CLMDB

/// The one transaction that changes an environment. Dropped without `commit()` it aborts, and
/// nothing of it remains.
///
/// It must end on the thread that began it: LMDB's writer lock belongs to a thread.
public struct WriteTransaction: ~Copyable, ChangingTransaction {
  /// LMDB's own transaction, for this module.
  public let handle: TransactionHandle
  private let environment: EnvironmentHandle
  private var isOpen = true

  init(in environment: EnvironmentHandle) throws(LMDBError) {
    handle = TransactionHandle(pointer: try environment.begin(.writing))
    self.environment = environment
  }

  /// Makes all changes durable; on return they are on the disk.
  ///
  /// Throws what LMDB says: a full disk is `.inputOutput` or `.noSpace`. Whatever it throws the
  /// transaction is over, and whether its changes are on the disk is not known until the environment
  /// is opened again; it stays usable except after `.panic`. The corresponding C function is `mdb_txn_commit`.
  public consuming func commit() throws(LMDBError) {
    isOpen = false
    try check(mdb_txn_commit(handle.pointer), "commit a transaction")
  }

  deinit {
    if isOpen { mdb_txn_abort(handle.pointer) }
    environment.ended(.writing)
  }
}

extension ChangingTransaction where Self: ~Copyable {
  /// Opens a database, creating it if need be. The handle is good for later transactions only if
  /// this one commits. Throws `.databasesFull` when the options allow no more.
  /// The corresponding C function is `mdb_dbi_open`.
  public func createDatabase(named name: String) throws(LMDBError) -> Database {
    guard let database = try Database.open(name, MDB_CREATE, handle.pointer) else {
      throw LMDBError(.notFound, "create database \(name)")
    }
    return database
  }
}

extension ChangingTransaction where Self: ~Copyable {
  /// Removes an entry, and says whether there was one. The corresponding C function is `mdb_del`.
  @discardableResult
  public func delete(_ key: UnsafeRawBufferPointer, in database: Database) throws(LMDBError)
    -> Bool
  {
    var key = MDB_val(key)
    let code = mdb_del(handle.pointer, database.identifier, &key, nil)
    if code == MDB_NOTFOUND { return false }
    try check(code, "delete an entry")
    return true
  }

  /// Removes an entry, and says whether there was one. The corresponding C function is `mdb_del`.
  @discardableResult
  public func delete(_ key: [UInt8], in database: Database) throws(LMDBError) -> Bool {
    try key.span.bytes.withUnsafeBytes { (key) throws(LMDBError) in
      try delete(key, in: database)
    }
  }
}
