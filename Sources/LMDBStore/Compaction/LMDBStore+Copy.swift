import Glibc
import LMDB
public import QueueCore
import QueueLogic
import System

/// A hot copy: one transaction that only reads, while others write.
///
/// The copy is made as any store is, and `current` comes last: before it is durable, a store of its own and found
/// sound, there is nothing at its place but what the next maker removes.
extension LMDBStore {
  /// Copies the store to a directory that is empty, or not there; see ``PlacedStore``. One that is made gets this
  /// store's permissions.
  public func copy(to place: String, compacting: Bool) throws(StoreError) -> StoreCopy {
    let target = StoreDirectory(place)
    try target.refuse(inside: directory)
    if case .environment? = try? target.contents() { throw Self.exists(target) }
    var copy = StoreCopy(address: target.path, items: 0, released: 0, bytes: 0)
    let mode: UInt32
    do {
      mode = try Permissions(of: directory.path).mode
    } catch {
      throw StoreError(error)
    }
    let isMade = try target.create(mode: mode) { environment throws(StoreError) in
      do {
        try ordered.copy(
          into: environment, Permissions(of: target.path), compacting: compacting)
        let store = try LMDBOrderedStore(making: target, in: environment)
        let queues = try OrderedQueueStore(store, presence: DirectoryPresence(target))
        copy.released = try queues.separate()
        let audit = try queues.audit()
        guard audit.count == 0 else {
          throw StoreError(
            .unsound,
            "cannot copy \(directory.path): its copy is not sound, and was removed: "
              + "\(audit.findings.first ?? ""): run q-check")
        }
        copy.items = audit.items
        copy.bytes = UInt64(try FileStatus(of: environment + "/data.mdb").size)
      } catch {
        throw StoreError(error, in: target.path)
      }
    }
    guard isMade else { throw Self.exists(target) }
    return copy
  }

  private static func exists(_ target: StoreDirectory) -> StoreError {
    StoreError(
      .cannotCreate,
      "cannot copy to \(target.path): a store is there: name another directory, or remove that one")
  }
}

extension LMDBOrderedStore {
  /// Writes a copy as of now into a directory that is empty, durable but for its names. Compactions wait for its end,
  /// and pages that others free meanwhile are used again only then.
  func copy(into directory: String, _ permissions: Permissions, compacting: Bool) throws(StoreError)
  {
    // Not from inside: a compaction that is at work waits for this process to leave.
    tenancy.startWatching()
    try tenancy.gate.begin()
    defer { tenancy.gate.end() }
    do {
      try tenancy.lend { connection in
        if compacting { return try connection.pack(into: directory, permissions) }
        let path = directory + "/data.mdb"
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try connection.environment.copy(to: file.number)
        guard fsync(file.number) == 0 else { throw SystemError("write", path) }
      }
    } catch {
      throw StoreError(error, in: self.directory.path)
    }
  }
}

extension StoreDirectory {
  /// Throws `.cannotCreate` when the directory is another store's, or is to be in it.
  fileprivate func refuse(inside store: StoreDirectory) throws(StoreError) {
    guard let own = try? FileStatus(of: store.path).identity else { return }
    var place = path
    while true {
      if (try? FileStatus(of: place).identity) == own {
        throw StoreError(
          .cannotCreate,
          "cannot copy to \(path): it is in the store itself: name a directory elsewhere")
      }
      guard place != "/" else { return }
      place = Self.parent(of: place)
    }
  }
}
