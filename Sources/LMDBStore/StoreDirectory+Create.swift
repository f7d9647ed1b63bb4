import LMDB
import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Making a store: complete under another name first, then renamed, so that nobody ever sees half
/// of one. Every directory made is fsynced: LMDB does not do that.
extension StoreDirectory {
  /// Makes the store with permissions `mode` (of the directory; files get its read and write
  /// bits). `fill` makes the environment in the directory it is given. False when another process
  /// was faster; then its store stands.
  func create(
    mode: mode_t, fill: (StoreDirectory, _ environment: String) throws(StoreError) -> Void
  )
    throws(StoreError) -> Bool
  {
    let parent = Self.parent(of: path)
    if let name = NetworkFileSystem.name(holding: parent.isEmpty ? "/" : parent) {
      throw StoreError(
        .unusable, "cannot create a store: \(path): \(name) has no locks to trust: use a local disk"
      )
    }
    let new = StoreDirectory(
      Self.staging(of: path) + "\(getpid())-\(UInt32.random(in: 0 ... .max))")
    guard mkdir(new.path, mode) == 0 else { throw Self.cannotCreate(path) }
    var made = false
    defer { if !made { new.remove() } }

    let fileMode = mode & 0o666
    for file in [new.guard, new.gate, new.writer, new.locks] {
      try write([], to: file, mode: fileMode)
    }
    guard let mark = try? FileLock(new.guard), mark.tryLock(byte: 0) else {
      throw Self.cannotCreate(path)
    }
    // Held until the store stands under its own name: see removeStale.
    defer { withExtendedLifetime(mark) {} }
    let environment = new.path + "/env.0"
    for directory in [environment, new.path + "/wake", new.runs] {
      guard mkdir(directory, mode) == 0 else { throw Self.cannotCreate(path) }
    }
    try write(Array("*\n".utf8), to: new.path + "/.gitignore", mode: fileMode)
    try write(Array("env.0\n".utf8), to: new.current, mode: fileMode)
    try fill(new, environment)
    for directory in [environment, new.path + "/wake", new.runs, new.path] { try sync(directory) }
    guard rename(new.path, path) == 0 else {
      if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR { return false }
      throw Self.cannotCreate(path)
    }
    made = true
    try makeNameDurable(mark)
    removeStale()
    return true
  }

  /// Syncs the directory that the store is in, once in the store's life: its maker may have been
  /// killed between renaming it and this, and what others commit would be lost with the name.
  ///
  /// `opening` is a lock of `guard`, held. The file is empty until this has been done.
  func makeNameDurable(_ opening: FileLock) throws(StoreError) {
    var status = stat()
    guard fstat(opening.descriptor, &status) == 0, status.st_size == 0 else { return }
    // Not the parent of the path, which may end in a link. Where it may not be read
    // everything is synced, which waits on Linux.
    do {
      try Self.sync(path + "/..")
    } catch {
      guard error.code == .permission else { throw error }
      syncEverything()
    }
    var done = UInt8(ascii: "\n")
    _ = pwrite(opening.descriptor, &done, 1, 0)
  }

  /// Removes what creators that were killed left beside the store: those whose process, which the
  /// name tells, is gone, and whose `guard` nobody holds.
  private func removeStale() {
    let parent = Self.parent(of: path)
    let prefix = Array(Self.staging(of: path).utf8.dropFirst(parent.utf8.count + 1))
    for name in Self.names(in: parent) where name.starts(with: prefix) {
      let creator = name.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "-") }
      guard let pid = pid_t(String(decoding: creator, as: UTF8.self)),
        kill(pid, 0) != 0, errno == ESRCH
      else { continue }
      let left = StoreDirectory(parent + "/" + String(decoding: name, as: UTF8.self))
      if let mark = try? FileLock(left.guard), !mark.tryLock(byte: 0) { continue }
      left.remove()
    }
  }

  private func remove() {
    for directory in [path + "/env.0", path + "/wake", runs, path] {
      for name in Self.names(in: directory) {
        unlink(directory + "/" + String(decoding: name, as: UTF8.self))
      }
      rmdir(directory)
    }
  }

  static func names(in directory: String) -> [[UInt8]] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      names.append(withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) })
    }
    return names
  }

  private static func staging(of path: String) -> String {
    let parent = parent(of: path)
    return parent + "/." + String(path.dropFirst(parent.count + 1)) + ".new-"
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "" }
    return String(path[..<slash])
  }

  /// Writes a file of the store to be. What fails is said of the store: the file is gone by then.
  private func write(_ bytes: [UInt8], to file: String, mode: mode_t) throws(StoreError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw Self.cannotCreate(path) }
    defer { close(descriptor) }
    // A short write leaves errno as it is: it ends where there is no more room.
    errno = ENOSPC
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
      throw Self.cannotCreate(path)
    }
  }

  private func sync(_ directory: String) throws(StoreError) {
    do { try Self.sync(directory) } catch { throw Self.cannotCreate(path) }
  }

  static func sync(_ directory: String) throws(StoreError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno, "open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(errno, "sync", directory) }
  }

  static func cannotCreate(_ path: String, _ code: Int32 = errno) -> StoreError {
    let hint =
      code == ENOENT ? ": make the directory that is to hold it first" : StoreError.advice(code)
    return StoreError(
      .cannotCreate,
      "cannot create a store: \(path): \(String(cString: strerror(code)))\(hint)")
  }
}

/// `sync`, for a type that has a `sync` of its own.
private func syncEverything() { sync() }
