import CLMDB
import Glibc

/// What LMDB, the operating system or this module refused to do.
public struct LMDBError: Error, Equatable, Sendable {
  /// Why it was refused.
  public let code: Code
  /// What was attempted, as a verb phrase: "commit a transaction".
  public let operation: String

  /// Makes an error out of what failed and why.
  public init(_ code: Code, _ operation: String) {
    self.code = code
    self.operation = operation
  }
}

extension LMDBError {
  /// A reason: negative numbers from -30799 are LMDB's, positive ones are `errno`, the few from
  /// -1 down are this module's own.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The number LMDB or the system gave.
    public let rawValue: Int32

    /// Takes a number as it came from C.
    public init(rawValue: Int32) { self.rawValue = rawValue }
  }
}

extension LMDBError: CustomStringConvertible {
  /// One line: what was attempted, and why not. The corresponding C function is `mdb_strerror`.
  public var description: String { "\(operation): \(code)" }
}

extension LMDBError.Code: CustomStringConvertible {
  /// The reason in words. The corresponding C function is `mdb_strerror`.
  public var description: String {
    switch self {
    case .alreadyOpen: "this process has it open already"
    case .closed: "the environment is closed"
    case .truncated: "the data file is shorter than its contents"
    case .unsettled: "the lock file disagrees with the data file about the last transaction"
    case .writing: "this process has a write transaction open already"
    default: String(cString: mdb_strerror(rawValue))
    }
  }
}

/// LMDB's reasons. A missing key is no error in this module: it is `nil`.
extension LMDBError.Code {
  /// A key exists already, or an appended one does not sort after the last.
  public static var keyExists: Self { Self(rawValue: MDB_KEYEXIST) }
  /// Something that must exist does not.
  public static var notFound: Self { Self(rawValue: MDB_NOTFOUND) }
  /// A page number is beyond the end: usually corruption.
  public static var pageNotFound: Self { Self(rawValue: MDB_PAGE_NOTFOUND) }
  /// A page is of the wrong kind.
  public static var corrupted: Self { Self(rawValue: MDB_CORRUPTED) }
  /// A meta page could not be written: the environment is dead until it is opened anew.
  public static var panic: Self { Self(rawValue: MDB_PANIC) }
  /// The file was written by an incompatible LMDB.
  public static var versionMismatch: Self { Self(rawValue: MDB_VERSION_MISMATCH) }
  /// The file is not LMDB's.
  public static var invalid: Self { Self(rawValue: MDB_INVALID) }
  /// The map is full.
  public static var mapFull: Self { Self(rawValue: MDB_MAP_FULL) }
  /// More named databases than the options allow.
  public static var databasesFull: Self { Self(rawValue: MDB_DBS_FULL) }
  /// Every reader slot is taken by a live process.
  public static var readersFull: Self { Self(rawValue: MDB_READERS_FULL) }
  /// A transaction has changed too many pages.
  public static var transactionFull: Self { Self(rawValue: MDB_TXN_FULL) }
  /// Another process has grown the file beyond our map.
  public static var mapResized: Self { Self(rawValue: MDB_MAP_RESIZED) }
  /// A transaction failed earlier and can only be aborted.
  public static var badTransaction: Self { Self(rawValue: MDB_BAD_TXN) }
  /// A key is empty or longer than `Environment.maximumKeySize`, or a value is too long.
  public static var badValueSize: Self { Self(rawValue: MDB_BAD_VALSIZE) }
  /// A database handle is not, or no longer, valid.
  public static var badDatabase: Self { Self(rawValue: MDB_BAD_DBI) }
}

/// The system's reasons that callers tell apart.
extension LMDBError.Code {
  /// No such file or directory.
  public static var noSuchFile: Self { Self(rawValue: ENOENT) }
  /// An input or output error: LMDB also says this when the disk is full during a commit.
  public static var inputOutput: Self { Self(rawValue: EIO) }
  /// The disk is full.
  public static var noSpace: Self { Self(rawValue: ENOSPC) }
  /// Not enough memory, or address space for the map.
  public static var outOfMemory: Self { Self(rawValue: ENOMEM) }
  /// Permission denied.
  public static var permissionDenied: Self { Self(rawValue: EACCES) }
  /// The file system is mounted read-only.
  public static var readOnlyFileSystem: Self { Self(rawValue: EROFS) }
  /// An invalid argument; a database handle from another transaction gives this too.
  public static var invalidArgument: Self { Self(rawValue: EINVAL) }
}

/// This module's own reasons.
extension LMDBError.Code {
  /// The directory is open in this process: a second environment would drop the first one's locks.
  public static var alreadyOpen: Self { Self(rawValue: -1) }
  /// The environment was closed.
  public static var closed: Self { Self(rawValue: -2) }
  /// The data file lacks pages that are in use: reading them would end the process (SIGBUS).
  public static var truncated: Self { Self(rawValue: -3) }
  /// The lock file's transaction id does not fit the data file's: writing would overwrite commits.
  public static var unsettled: Self { Self(rawValue: -4) }
  /// A second write transaction of one process would wait for the first for ever.
  public static var writing: Self { Self(rawValue: -5) }
}

/// Throws unless a C function of LMDB returned success.
func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(LMDBError) {
  if code != MDB_SUCCESS { throw LMDBError(LMDBError.Code(rawValue: code), operation()) }
}
