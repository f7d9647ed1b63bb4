import Glibc
import LMDB
public import QueueCore
public import QueueLogic
import System

/// A store on LMDB: the engine that the commands use.
///
/// One process may open a store once; one thread uses it. See ``StoreDirectory`` for the files.
public final class LMDBStore: OrderedQueueStore, PlacedStore {
  /// Where the store is.
  public let directory: StoreDirectory
  /// Whether opening made the store.
  public let wasCreated: Bool

  /// Opens the store at `path`; makes it first if `create` and there is none. `mode` is that of the
  /// directory, if that is made too: what is in it takes the directory's. `trust`: also a store of
  /// another user that is not shared by a group of this one. `clock` tells the moment.
  ///
  /// Throws `.noStore`, `.cannotCreate`, `.unusable`, `.unsound`, `.formatVersion`, `.permission`,
  /// `.untrusted`, `.busy`.
  public init(
    path: String, create: Bool = false, mode: UInt32 = 0o700, trust: Bool = false,
    clock: @escaping @Sendable () -> Timestamp = WallClock.now
  ) throws(StoreError) {
    let directory = StoreDirectory(path)
    if !trust { try directory.refuseOthers() }
    var isThere = false
    if create, case .environment = try directory.contents() { isThere = true }
    var wasCreated = false
    if create, !isThere {
      wasCreated = try directory.create(mode: mode) { path throws(StoreError) in
        try Connection.create(path, in: directory)
      }
    }
    self.directory = directory
    self.wasCreated = wasCreated
    try super.init(
      LMDBOrderedStore(directory, clock: clock), presence: DirectoryPresence(directory))
  }

  /// Of this machine, in the same directory.
  public var runs: RunsPlace { RunsPlace(directory: directory.path, locks: directory.locks) }
}
