import Glibc
import LMDB
import QueueCore
import System

/// An open environment with what has been read of it once: handles, incarnation, identity.
final class Connection {
  let environment: Environment
  let reading: StoreReading
  /// The store's format: an older one until something is written.
  var version: UInt32
  /// Held, shared, as long as the environment is open. Reserved: nothing takes it alone yet.
  private let gate: FileLock
  /// Which files are open.
  private let files: [FileIdentity]

  /// Opens the environment that `current` names, under the guard: opening and closing race inside
  /// LMDB, and the race loses commits. Waits for others that open or close, and for no writer: who
  /// only looks never waits for one.
  init(_ directory: StoreDirectory) throws(StoreError) {
    let mask = SignalSet.stops.block()
    defer { mask.restore() }
    if let name = NetworkFileSystem.name(holding: directory.path) {
      throw StoreError(
        .unusable, "cannot use \(directory.path): \(name) has no locks to trust: use a local disk")
    }
    let path = try directory.environment()
    gate = try FileLock(directory.gate)
    try gate.wait(shared: true, what: "its environment is being replaced")
    let opening = try Self.guarding(directory)
    defer { withExtendedLifetime(opening) {} }
    try directory.makeNameDurable(opening)
    if !(try Self.checkAccess(path)) { try Self.makeLockFile(path, directory) }
    do {
      environment = try Environment(directory: path)
    } catch {
      throw Self.failure(error, directory.path)
    }
    do {
      (reading, version) = try Self.reading(environment, directory)
      files = try Self.names.map { name in try FileIdentity("\(path)/\(name)") }
    } catch {
      environment.close()
      throw StoreError(error, in: directory.path)
    }
  }

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

  /// The same, before the process ends: what cannot be closed in time stays open until then.
  func closeForGood(_ directory: StoreDirectory) {
    do { try close(directory) } catch { _ = Unmanaged.passRetained(environment) }
  }

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

  private static func reading(
    _ environment: Environment, _ directory: StoreDirectory
  ) throws -> (StoreReading, version: UInt32) {
    guard let meta = try environment.openDatabase(named: "meta") else {
      throw StoreError(.unusable, "not a store: \(directory.path): no queues are kept in it")
    }
    let transaction = try environment.beginRead()
    let format = try transaction.bytes(for: Format.formatKey, in: meta) ?? []
    let version = format.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    guard Format.oldestVersion...Format.version ~= version else {
      throw StoreError(
        .formatVersion,
        "cannot use \(directory.path): it has format \(version), this program reads "
          + "\(Format.oldestVersion) to \(Format.version): use a matching version of the program")
    }
    guard let identity = try transaction.bytes(for: Format.identityKey, in: meta) else {
      throw RecordReader.unsound("the store's identity is missing")
    }
    _ = consume transaction
    guard let databases = try Databases(openingIn: environment) else {
      throw RecordReader.unsound("a sub-database is missing")
    }
    let view = try environment.beginRead()
    func word(_ place: Int) -> UInt64 {
      identity.dropFirst(8 * place).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    let reading = StoreReading(databases: databases, number: word(0), salt: word(3))
    // A record that cannot be read is for the audit to find, and for a repair to remove.
    try directory.refuseOtherNamespaces(
      try reading.readableWorkers(in: view), ProcessIdentity.ownNamespace)
    return (reading, version)
  }

  /// Makes the environment of a store that is being made.
  static func create(_ path: String, in directory: StoreDirectory) throws(StoreError) {
    let store = directory.path
    do {
      let environment = try Environment(
        directory: path, options: Environment.Options(create: true))
      defer { environment.close() }
      let transaction = try environment.beginWrite()
      let databases = try Databases(creatingIn: transaction)
      let number = UInt64.random(in: 1 ... .max)
      var session = WriteSession(
        transaction, StoreReading(databases: databases, number: number, salt: 0),
        now: Timestamp(microseconds: 0))
      try session.write(WriteSession.Numbers())
      session.writer.clear()
      session.writer.put(Format.version)
      try session.transaction.put(
        session.writer.bytes, for: Format.formatKey, in: databases.meta)
      let locks = try FileIdentity(directory.locks)
      session.writer.clear()
      session.writer.put(number)
      session.writer.put(locks.device)
      session.writer.put(locks.inode)
      try session.transaction.put(
        session.writer.bytes, for: Format.identityKey, in: databases.meta)
      try session.commit(in: store)
    } catch let error as LMDBError {
      throw StoreError(
        .cannotCreate,
        "cannot create a store: \(store): \(error.code)\(StoreError.advice(error.code.rawValue))")
    } catch {
      throw StoreError(.cannotCreate, "cannot create a store: \(store): \(StoreError(error))")
    }
  }
}
