import Glibc
import LMDB
import OrderedStore
import QueueCore
import QueueLogic
import System

/// An open environment, the handles of its sub-databases, and which files they are in.
final class Connection {
  let environment: Environment
  /// In the order of the tables; nil for one that is missing.
  private(set) var databases: [Database?]
  /// The number in the name of the environment.
  let generation: UInt64
  /// Which files are open.
  private let files: [FileIdentity]

  /// Opens the environment that `current` names, under the guard: opening and closing race inside
  /// LMDB, and the race loses commits. Waits for others that open or close, and for no writer: who
  /// only looks never waits for one. The caller is inside the ``Gate``.
  convenience init(_ directory: StoreDirectory) throws(StoreError) {
    let path = try directory.environment()
    directory.removeStrays(beside: path)
    try self.init(directory, at: path, isGuarded: true)
  }

  /// Opens one of these environments of a store. Nobody else opens it: it is being made, or the caller is alone
  /// inside the ``Gate``.
  convenience init(
    _ directory: StoreDirectory, environment path: String
  ) throws(StoreError) {
    try self.init(directory, at: path, isGuarded: false)
  }

  private init(
    _ directory: StoreDirectory, at path: String, isGuarded: Bool
  ) throws(StoreError) {
    let mask = SignalSet.stops.block()
    defer { mask.restore() }
    if let name = NetworkFileSystem.name(holding: directory.path) {
      throw StoreError(
        .unusable, "cannot use \(directory.path): \(name) has no locks to trust: use a local disk")
    }
    let opening = isGuarded ? try Self.guarding(directory) : nil
    defer { withExtendedLifetime(opening) {} }
    if let opening { try directory.makeNameDurable(opening) }
    if !(try Self.checkAccess(path)) { try Self.makeLockFile(path, directory) }
    let environment: Environment
    do {
      environment = try Environment(directory: path)
    } catch {
      throw Self.failure(error, directory.path)
    }
    self.environment = environment
    generation = StoreDirectory.number(ofEnvironment: path)
    do {
      databases = try OrderedQueueStore.tables.map { table throws in
        try environment.openDatabase(named: "\(table.name)")
      }
      if databases[OrderedQueueStore.formatTable.number] == nil {
        throw StoreError(.unusable, "not a store: \(directory.path): no queues are kept in it")
      }
      files = try Self.names.map { name in try FileIdentity("\(path)/\(name)") }
    } catch {
      environment.close()
      throw StoreError(error, in: directory.path)
    }
  }

  /// The store's number of one of the environment's commits: LMDB counts from 1 in each environment.
  func revision(_ transactionID: UInt64) -> UInt64 { generation << 48 | transactionID }

  private static let names = ["data.mdb", "lock.mdb"]

  /// Whether the files that are open are still those that others open.
  var isGenuine: Bool { (try? refuseReplaced()) != nil }

  /// Throws `.unusable` when a file of the environment was replaced or removed under this process.
  ///
  /// Whoever opens the store then has another `lock.mdb`, which knows nothing of this process's
  /// transactions, nor this process of theirs: each would overwrite what the other committed.
  func refuseReplaced() throws(StoreError) {
    for (name, file) in zip(Self.names, files) {
      let path = "\(environment.directory)/\(name)"
      if (try? FileIdentity(path)) == file { continue }
      throw StoreError(
        .unusable,
        "cannot go on with \(path): it was replaced or removed: run this again when all "
          + "commands that had it open have ended")
    }
  }

  /// Looks again for tables that were missing: another process may have made them. To be called while this
  /// process has no transaction open.
  func openMissing() throws(LMDBError) {
    guard databases.contains(where: { $0 == nil }) else { return }
    for (place, table) in OrderedQueueStore.tables.enumerated() where databases[place] == nil {
      databases[place] = try environment.openDatabase(named: "\(table.name)")
    }
  }

  /// Keeps the handles of tables that a transaction has made, once that is committed.
  func keep(_ databases: [Database?]) { self.databases = databases }

  /// Throws `.busy`, and stays open, when others open or close the store all the time.
  func close(_ directory: StoreDirectory) throws(StoreError) {
    do throws(StoreError) {
      let opening = try Self.guarding(directory)
      withExtendedLifetime(opening) { environment.close() }
    } catch {
      if error.code == .busy { throw error }
      // Without its guard nobody opens it.
      environment.close()
    }
  }

  /// The same, of an environment that nobody else opens. For one that is being made, its maker has the guard.
  func closeUnguarded() { environment.close() }

  /// The guard, taken: given back when it is dropped.
  private static func guarding(_ directory: StoreDirectory) throws(StoreError) -> FileLock {
    let opening = try FileLock(directory.guard)
    if !Cure.openingGuard.isLeftOut {
      try opening.wait(shared: false, what: "another process is opening it")
    }
    return opening
  }

  /// LMDB would go without a reader slot where it cannot write `lock.mdb`, and then abort. Only
  /// before the environment is open may anybody else open its files. Whether there is a lock file.
  private static func checkAccess(_ path: String) throws(StoreError) -> Bool {
    var hasLockFile = false
    for file in [path + "/lock.mdb", path + "/data.mdb"] {
      do throws(SystemError) {
        _ = try FileDescriptor(opening: file, O_RDWR | O_NOFOLLOW)
        if file.hasSuffix("lock.mdb") { hasLockFile = true }
      } catch {
        guard error.code == ENOENT else { throw StoreError(error) }
        if file.hasSuffix("data.mdb") {
          throw StoreError(.unsound, "the store is damaged: \(file) is missing")
        }
      }
    }
    return hasLockFile
  }

  /// Makes LMDB's lock file, for all who use the store: LMDB would make it for one's own umask. Under
  /// another name first, or who is killed in between would keep everybody else out.
  private static func makeLockFile(
    _ path: String, _ directory: StoreDirectory
  ) throws(StoreError) {
    let new = path + "/lock.mdb.new"
    unlink(new)
    do throws(SystemError) {
      try Permissions(of: directory.path).make(file: new)
      guard rename(new, path + "/lock.mdb") == 0 else { throw SystemError("rename", new) }
    } catch {
      throw StoreError(error)
    }
  }

  private static func failure(_ error: LMDBError, _ path: String) -> StoreError {
    switch error.code {
    case .truncated:
      StoreError(.unsound, "the store is damaged: \(path): its data file is cut short")
    case .invalid, .invalidArgument:
      StoreError(.unsound, "the store is damaged: \(path): its data file is not LMDB's")
    case .mapResized:
      StoreError(
        .unsound,
        "the store is damaged: \(path): its data file says that it is larger than it can be")
    case .versionMismatch:
      StoreError(.formatVersion, "cannot use \(path): its data file is of another LMDB version")
    default: StoreError(error, in: error.operation.contains(path) ? "" : path)
    }
  }

  /// Makes the environment of a store that is being made.
  static func create(_ path: String, in directory: StoreDirectory) throws(StoreError) {
    let store = directory.path
    do {
      let environment = try Environment(
        directory: path, options: Environment.Options(create: true))
      defer { environment.close() }
      let transaction = try environment.beginWrite()
      let databases = try OrderedQueueStore.tables.map { table throws in
        try transaction.createDatabase(named: "\(table.name)")
      }
      let mark = try DirectoryPresence(directory).mark()
      try OrderedQueueStore.begin(
        in: LMDBTransaction(transaction, databases, revision: transaction.id, writes: true),
        mark: mark)
      try transaction.commit(in: store)
    } catch let error as LMDBError {
      throw StoreError(
        .cannotCreate,
        "cannot create a store: \(store): \(error.code)\(StoreError.advice(error.code.rawValue))")
    } catch {
      throw StoreError(.cannotCreate, "cannot create a store: \(store): \(StoreError(error))")
    }
  }
}
