import Glibc
import LMDB
import QueueCore
import System

/// Making a store, inside the directory that is there, whose inode, owner, mode, mount and links stay as
/// they are, or in one that is made first.
///
/// Everything but `current` is made and synced under the lock of `guard`, then `current`, by a rename:
/// before that there is no store. What a maker that was killed has left is removed by the next. `guard`
/// itself comes first, synced, and tells that the rest is a maker's.
extension StoreDirectory {
  /// Makes the store; the directory gets permissions `mode` if it is made. `fill` makes the environment
  /// in the directory it is given. False when another process was faster; then its store stands.
  ///
  /// Throws `.cannotCreate`, also when the directory has other contents; `.busy`.
  func create(
    mode: UInt32, fill: (_ environment: String) throws(StoreError) -> Void
  ) throws(StoreError) -> Bool {
    let end = ContinuousClock.now + FileLock.deadline
    while true {
      let made = try makeDirectory(mode)
      do {
        if let result = try make(in: made, fill) { return result }
      } catch let error as SystemError {
        throw Self.cannotCreate(path, error.code)
      } catch {
        throw StoreError(error, in: path)
      }
      // Another maker failed, and took its directory or its guard away.
      guard ContinuousClock.now < end else {
        throw StoreError(.busy, "store busy: \(path): others make it and fail: try again")
      }
    }
  }

  /// Makes the directory, where a link leads if the path is one; nil when there is one.
  private func makeDirectory(_ mode: mode_t) throws(StoreError) -> String? {
    var place = path
    for _ in 0..<40 {
      if access(place, F_OK) == 0 { return nil }
      if let name = NetworkFileSystem.name(holding: Self.parent(of: place)) {
        throw StoreError(
          .unusable,
          "cannot create a store: \(path): \(name) has no locks to trust: use a local disk")
      }
      if mkdir(place, mode & 0o777) == 0 {
        // The umask took some, and mkdir knows no set-group-ID.
        guard chmod(place, mode) == 0 else { throw Self.cannotCreate(path) }
        return place
      }
      guard errno == EEXIST else { throw Self.cannotCreate(path) }
      guard let target = Self.target(ofLink: place) else { continue }
      place = target
    }
    throw Self.cannotCreate(path, ELOOP)
  }

  /// Nil: the directory, or the guard in it, was taken away again.
  private func make(
    in made: String?, _ fill: (String) throws(StoreError) -> Void
  ) throws -> Bool? {
    if case .something = try contents() {
      let others = names.sorted().prefix(3).joined(separator: ", ")
      throw StoreError(
        .cannotCreate,
        "cannot create a store: \(path): it has other contents (\(others)): name another directory")
    }
    let permissions: Permissions
    do {
      permissions = try Permissions(of: path)
      try permissions.make(file: self.guard)
    } catch {
      if access(path, F_OK) != 0, errno == ENOENT { return nil }
      throw error
    }
    guard let mark = try? FileLock(self.guard) else { return nil }
    try mark.wait(shared: false, what: "another process is making it")
    guard try mark.isStill(self.guard) else { return nil }
    guard case .nothing = try contents() else { return false }
    let ignore = path + "/.gitignore"
    let hadIgnore = access(ignore, F_OK) == 0
    do {
      // Before anything else is there: without it the rest would be somebody else's.
      try Directory.sync(path)
      try removeLeft()
      try make(permissions, fill)
    } catch {
      // The last step may have been done, whatever the disk says of it: then the store stands.
      if access(current, F_OK) != 0 {
        try? removeLeft()
        if !hadIgnore { unlink(ignore) }
        unlink(self.guard)
        if let made { rmdir(made) }
      }
      throw error
    }
    try makeNameDurable(mark)
    return true
  }

  private func make(
    _ permissions: Permissions, _ fill: (String) throws(StoreError) -> Void
  ) throws {
    // Before there is an environment: its name tells that what is in that is a maker's, however much it is.
    let new = current + ".new"
    try permissions.make(file: new, Array("env.0\n".utf8))
    try Directory.sync(path)
    for file in [gate, writer, locks] { try permissions.make(file: file) }
    let environment = path + "/env.0"
    for directory in [environment] + directories { try permissions.make(directory: directory) }
    try permissions.make(file: path + "/.gitignore", Array("*\n".utf8))
    try fill(environment)
    for name in ["data.mdb", "lock.mdb"] { try permissions.give(toFile: environment + "/" + name) }
    for directory in [environment] + directories + [path] { try Directory.sync(directory) }
    guard rename(new, current) == 0 else { throw SystemError("rename", new) }
  }

  /// Removes what a maker left that was killed, or has failed. The caller holds the `guard`, and there is
  /// no `current`.
  private func removeLeft() throws(SystemError) {
    let environment = path + "/env.0"
    let files = ["data.mdb", "lock.mdb", "lock.mdb.new"].map { environment + "/" + $0 }
    for file in files + [gate, writer, locks] where unlink(file) != 0 && errno != ENOENT {
      if errno != ENOTDIR { throw SystemError("remove", file) }
    }
    for directory in [environment] + directories where rmdir(directory) != 0 && errno != ENOENT {
      throw SystemError("remove", directory)
    }
    // Last: without its name the rest would be somebody's who has lost it.
    let new = current + ".new"
    if unlink(new) != 0, errno != ENOENT { throw SystemError("remove", new) }
  }

  /// Syncs the directory and the one that it is in, once in the store's life: its maker may have been
  /// killed before this, and what others commit would be lost with the name.
  ///
  /// `opening` is a lock of `guard`, held. The file is empty until this has been done, so that whoever
  /// finds it empty knows that nothing was ever committed.
  func makeNameDurable(_ opening: FileLock) throws(StoreError) {
    let status = try? FileStatus(of: opening.descriptor, opening.path)
    guard status?.size == 0 else { return }
    do throws(SystemError) {
      try syncNames()
      try writeFully([UInt8(ascii: "\n")], to: opening.descriptor, opening.path)
      guard fsync(opening.descriptor) == 0 else { throw SystemError("write", opening.path) }
    } catch {
      throw StoreError(error)
    }
  }

  private func syncNames() throws(SystemError) {
    try Directory.sync(path)
    // Not the parent of the path, which may end in a link. Where it may not be read
    // everything is synced, which waits on Linux.
    do {
      try Directory.sync(path + "/..")
    } catch {
      guard error.code == EACCES || error.code == EPERM else { throw error }
      sync()
    }
  }

  /// Where a link leads, if it is one.
  private static func target(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    return target.hasPrefix("/") ? target : parent(of: path) + "/" + target
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  static func cannotCreate(_ path: String, _ code: Int32 = errno) -> StoreError {
    let hint =
      code == ENOENT ? ": make the directory that is to hold it first" : StoreError.advice(code)
    return StoreError(
      .cannotCreate,
      "cannot create a store: \(path): \(SystemError.reason(code))\(hint)")
  }
}
