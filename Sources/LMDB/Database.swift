import CLMDB

/// A named tree inside an environment: a number that is valid in the environment that gave it, in
/// every transaction begun after the one that opened it has committed (and in that one).
public struct Database: Hashable, Sendable {
  @usableFromInline let identifier: UInt32

  init(identifier: UInt32) { self.identifier = identifier }

  /// Opens a database, or creates it, through a transaction that must be committed for the handle
  /// to stay valid. Nil when it does not exist and `flags` do not ask to create it.
  static func open(_ name: String, _ flags: Int32, _ transaction: OpaquePointer) throws(LMDBError)
    -> Database?
  {
    var identifier: MDB_dbi = 0
    let code = mdb_dbi_open(transaction, name, UInt32(flags), &identifier)
    if code == MDB_NOTFOUND { return nil }
    try check(code, "open database \(name)")
    return Database(identifier: identifier)
  }
}

/// The size of one database as a transaction sees it.
public struct DatabaseStatistics: Equatable, Sendable {
  /// Entries.
  public let entries: Int
  /// Levels of the tree; 0 when it is empty.
  public let depth: Int
  /// Pages that hold branches of the tree.
  public let branchPages: Int
  /// Pages that hold entries.
  public let leafPages: Int
  /// Pages that hold values too long for a leaf.
  public let overflowPages: Int
  /// Bytes of a page.
  public let pageSize: Int

  /// Pages of all kinds.
  public var pages: Int { branchPages + leafPages + overflowPages }

  init(_ measured: MDB_stat) {
    entries = measured.ms_entries
    depth = Int(measured.ms_depth)
    branchPages = measured.ms_branch_pages
    leafPages = measured.ms_leaf_pages
    overflowPages = measured.ms_overflow_pages
    pageSize = Int(measured.ms_psize)
  }
}
