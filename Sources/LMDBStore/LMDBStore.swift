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
  /// What the queues are kept on.
  let ordered: LMDBOrderedStore

  /// Opens the store at `path`; makes it first if `create` and there is none. `mode` is that of the
  /// directory, if that is made too: what is in it takes the directory's. `trust`: also a store of
  /// another user that is not shared by a group of this one. `clock` tells the moment.
  ///
  /// Throws `.noStore`, `.cannotCreate`, `.unusable`, `.unsound`, `.formatVersion`, `.permission`,
  /// `.untrusted`, `.busy`.
  public convenience init(
    path: String, create: Bool = false, mode: UInt32 = 0o700, trust: Bool = false,
    clock: @escaping @Sendable () -> Timestamp = WallClock.now
  ) throws(StoreError) {
    var opening = Opening()
    (opening.create, opening.mode, opening.trust) = (create, mode, trust)
    try self.init(path, opening, clock: clock)
    mayWait()
  }

  /// Of a process that says when it may wait; see ``PlacedStore/mayWait()``.
  init(
    _ path: String, _ opening: Opening, clock: @escaping @Sendable () -> Timestamp = WallClock.now
  ) throws(StoreError) {
    let (create, mode, trust) = (opening.create, opening.mode, opening.trust)
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
    ordered = try LMDBOrderedStore(directory, clock: clock)
    try super.init(ordered, presence: DirectoryPresence(directory))
  }

  /// Lets compactions go on meanwhile; see ``PlacedStore``.
  public func mayWait() { ordered.tenancy.startWatching() }

  /// Compacts the store; see ``PlacedStore``.
  public func compact(within patience: Duration) throws(StoreError) -> Compaction {
    try ordered.compact(within: patience)
  }

  /// Of this machine, in the same directory.
  public var runs: RunsPlace { RunsPlace(directory: directory.path, locks: directory.locks) }
}
