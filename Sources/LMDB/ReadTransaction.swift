import CLMDB

/// A view of the environment at one moment. It ends when it is dropped.
///
/// Hold it briefly: as long as it lives, pages that writers free cannot be used again.
public struct ReadTransaction: ~Copyable, Transaction {
  /// LMDB's own transaction, for this module.
  public let handle: TransactionHandle
  private let environment: EnvironmentHandle

  init(in environment: EnvironmentHandle) throws(LMDBError) {
    handle = TransactionHandle(pointer: try environment.begin(.reading))
    self.environment = environment
  }

  /// Opens an existing database; nil without it. The corresponding C function is `mdb_dbi_open`.
  func openDatabase(named name: String) throws(LMDBError) -> Database? {
    try Database.open(name, 0, handle.pointer)
  }

  deinit {
    // A read-only commit is an abort that keeps the database handles opened in it.
    _ = mdb_txn_commit(handle.pointer)
    environment.ended(.reading)
  }
}
