import Glibc
import LMDB
public import QueueCore
import System

/// A store on LMDB: the engine that the commands use.
///
/// One process may open a store once; one thread uses it. See ``StoreDirectory`` for the files and
/// `Format` for what is in them.
public final class LMDBStore: QueueStore {
  /// How long a process leaves the writer lock alone after a commit: without this pause four
  /// writers were seen to starve one another.
  static let pauseAfterCommit: Duration = .microseconds(60)

  /// How often a process that writes looks for readers that died.
  static let readerCheckInterval: Duration = .seconds(5)

  /// Where the store is.
  public let directory: StoreDirectory
  /// Whether opening made the store.
  public let wasCreated: Bool
  /// The store's name in every token; a copy of the store has another.
  public var incarnation: UInt64 { connection.reading.incarnation }

  /// Told, once, that a write has made a store of an older format version one of this program's.
  public var onUpgrade: ((_ from: UInt32, _ to: UInt32) -> Void)?

  let writerLock: WriterLock
  private let clock: @Sendable () -> Timestamp
  private var connection: Connection
  private var needsReopening = false
  private var lastReaderCheck = ContinuousClock.now
  private var lastCommit = ContinuousClock.now - pauseAfterCommit

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
    self.clock = clock
    let directory = StoreDirectory(path)
    self.directory = directory
    if !trust { try directory.refuseOthers() }
    var isThere = false
    if create, case .environment = try directory.contents() { isThere = true }
    if create, !isThere {
      wasCreated = try directory.create(mode: mode_t(mode)) { path throws(StoreError) in
        try Connection.create(path, in: directory)
      }
    } else {
      wasCreated = false
    }
    _ = try directory.environment()
    writerLock = try WriterLock(directory.writer)
    connection = try Connection(directory)
  }

  /// The moment by the store's clock.
  public var now: Timestamp { clock() }

  deinit { connection.closeForGood(directory) }

  /// A number that moves with every commit of any process. When the store's files were replaced it
  /// is one that it never is: who then looks is told.
  public var revision: UInt64 {
    guard connection.isGenuine else { return .max }
    return (try? connection.environment.lastTransactionID) ?? 0
  }

  /// Runs one write transaction and makes it durable.
  func write<Result>(
    _ body: (inout WriteSession) throws -> Result
  ) throws(StoreError) -> Result {
    do {
      try reopenIfNeeded()
      let early = Self.pauseAfterCommit - (ContinuousClock.now - lastCommit)
      if early > .zero { usleep(UInt32(early.wholeMicroseconds)) }
      let mask = SignalSet.stops.block()
      defer { mask.restore() }
      try writerLock.acquire()
      defer { writerLock.release() }
      try connection.refuseReplaced()
      checkReaders()
      return try commit(body)
    } catch {
      let failure = StoreError(error, in: directory.path)
      if failure.code == .commitUnknown { needsReopening = true }
      throw failure
    }
  }

  private func commit<Result>(_ body: (inout WriteSession) throws -> Result) throws -> Result {
    do {
      var session = WriteSession(
        try connection.environment.beginWrite(), connection.reading, now: clock())
      let older = connection.version
      let isUpgrade = try older < Format.version && session.upgrade()
      let result = try body(&session)
      let wakes = session.wakes
      try session.commit(in: directory.path)
      lastCommit = .now
      connection.version = Format.version
      if isUpgrade { onUpgrade?(older, Format.version) }
      for queue in wakes { WakeFile.touch(queue, in: directory) }
      return result
    } catch {
      // A full disk has no room for anything then, not even for a worker's directory.
      if [.commitUnknown, .inputOutput].contains(StoreError(error).code) {
        try? connection.environment.giveBackUnused()
      }
      throw error
    }
  }

  /// Runs one read transaction; nothing that it lends outlives `body`.
  func read<Result>(
    _ body: (borrowing ReadTransaction, StoreReading) throws -> Result
  ) throws(StoreError) -> Result {
    do {
      try reopenIfNeeded()
      try connection.refuseReplaced()
      let transaction = try connection.environment.beginRead()
      return try body(transaction, connection.reading)
    } catch {
      throw StoreError(error, in: directory.path)
    }
  }

  /// What is kept in memory of the store is read again before it is used next.
  func forgetConnection() { needsReopening = true }

  /// After a failed commit the environment in memory is not to be trusted.
  private func reopenIfNeeded() throws(StoreError) {
    guard needsReopening else { return }
    try connection.close(directory)
    connection = try Connection(directory)
    needsReopening = false
  }

  /// Frees the pages that readers which died still pin: as long as they do, the file grows.
  private func checkReaders() {
    guard ContinuousClock.now - lastReaderCheck > Self.readerCheckInterval else { return }
    lastReaderCheck = .now
    _ = try? connection.environment.checkReaders()
  }
}
