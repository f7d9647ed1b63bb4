import CLMDB

/// A directory with LMDB's data and lock file, open for this process.
///
/// Not thread-safe by design: one thread opens, writes and closes; read transactions may run
/// anywhere. Opening and closing race with other processes inside LMDB 0.9, so `init` and `close()`
/// are to be called under a lock of the caller's; nothing is put off until later. Never use an
/// environment after a fork.
///
/// Durability is LMDB's default, and not an option: a commit is on the disk when it returns. The
/// directory entries of files just created are not; LMDB never syncs a directory.
public final class Environment {
  /// How an environment is opened.
  public typealias Options = EnvironmentOptions

  /// Bytes of a key, at most. A value has at most 4 GiB - 1.
  public static let maximumKeySize = 511

  /// The version of LMDB that this program is linked with: "0.9.24".
  /// The corresponding C function is `mdb_version`.
  public static var libraryVersion: String {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    _ = mdb_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// The directory, as given to `init`.
  public let directory: String

  let handle: EnvironmentHandle

  /// Opens the environment in an existing directory. Waits for no writer.
  ///
  /// Throws `.alreadyOpen` if this process has it open, `.noSuchFile` without a data file unless
  /// the options say `create`, `.truncated` if the file lacks pages that are in use, `.unsettled`
  /// if the lock file is damaged, `.invalid` for a foreign file, `.versionMismatch`, and the
  /// system's errors. The corresponding C functions are `mdb_env_create` and `mdb_env_open`.
  public init(directory: String, options: Options = Options()) throws(LMDBError) {
    self.directory = directory
    handle = try EnvironmentHandle.open(directory, options)
  }

  /// Closes the files. Everything afterwards throws `.closed`; a second call does nothing. Traps
  /// while a transaction is open. An environment that is dropped closes with its last transaction.
  /// The corresponding C function is `mdb_env_close`.
  public func close() { handle.close() }

  /// What LMDB knows at the moment. The corresponding C function is `mdb_env_info`.
  public var information: EnvironmentInformation {
    get throws(LMDBError) { try handle.information() }
  }

  /// The id of the last commit of any process; 0 before the first.
  /// The corresponding C function is `mdb_env_info`.
  public var lastTransactionID: UInt64 {
    get throws(LMDBError) { try handle.information().lastTransactionID }
  }

  /// The id of the last commit in the data file of a directory that is not opened; nil without one that
  /// can be read. Not for an environment that this process has open.
  public static func lastCommit(inFileOf directory: String) -> UInt64? {
    DataFile.lastCommit(in: directory)
  }

  /// Gives back to the file system what a failed commit has left behind the last page. To be called while
  /// nobody writes, in whatever process.
  public func giveBackUnused() throws(LMDBError) { try handle.giveBack() }

  /// Frees the reader slots, and with them the pages, of processes that died, and says how many.
  /// The corresponding C function is `mdb_reader_check`.
  @discardableResult
  public func checkReaders() throws(LMDBError) -> Int { try handle.checkReaders() }

  /// Begins a read transaction. Throws `.readersFull` if the slots are full of living readers,
  /// `.mapResized` if another process grew the file while this one has transactions open, else
  /// `.outOfMemory` if there is no address space for it; only a new environment helps then.
  /// The corresponding C function is `mdb_txn_begin` with `MDB_RDONLY`.
  public func beginRead() throws(LMDBError) -> ReadTransaction {
    try ReadTransaction(in: handle)
  }

  /// Begins the write transaction, waiting for other processes' without a limit. Throws `.writing`
  /// if this process has one, `.unsettled` and `.truncated` as `init`, and as `beginRead` does.
  /// The corresponding C function is `mdb_txn_begin`.
  public func beginWrite() throws(LMDBError) -> WriteTransaction {
    try WriteTransaction(in: handle)
  }

  /// Runs `body` in a read transaction, and throws what it throws and what `beginRead` does. Where
  /// typed errors matter use `beginRead`: the transaction ends by itself.
  public func read<Result>(
    _ body: (borrowing ReadTransaction) throws -> Result
  ) throws -> Result {
    let transaction = try beginRead()
    return try body(transaction)
  }

  /// Opens an existing database; nil without it. Transactions begun earlier cannot use it, and no
  /// write transaction of this process may be open meanwhile.
  /// The corresponding C function is `mdb_dbi_open`.
  public func openDatabase(named name: String) throws(LMDBError) -> Database? {
    try ReadTransaction(in: handle).openDatabase(named: name)
  }
}
