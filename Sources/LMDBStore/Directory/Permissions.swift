import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A call of the operating system that failed.
struct SystemFailure: Error {
  var code: Int32
  var verb: String
  var path: String

  init(_ code: Int32, _ verb: String, _ path: String) {
    (self.code, self.verb, self.path) = (code, verb, path)
  }
}

/// Who may use what is in a store: whoever may use its directory. Everything that is made in it takes
/// the directory's mode and group, whatever the umask; made by root, its owner too.
struct Permissions {
  /// Of a directory; a set-group-ID bit is among it.
  let mode: mode_t
  private let owner: uid_t
  private let group: gid_t

  /// Those of the store in `directory`.
  init(of directory: String) throws(SystemFailure) {
    var status = stat()
    guard stat(directory, &status) == 0 else { throw SystemFailure(errno, "read", directory) }
    mode = status.st_mode & 0o2777
    (owner, group) = (status.st_uid, status.st_gid)
  }

  /// Of a file.
  var fileMode: mode_t { mode & 0o666 }

  /// Makes a directory.
  func make(directory path: String) throws(SystemFailure) {
    guard mkdir(path, mode & 0o777) == 0 else { throw SystemFailure(errno, "make", path) }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure(errno, "make", path) }
    defer { close(descriptor) }
    try give(mode, to: descriptor, path)
  }

  /// Makes a file with these contents and syncs it; false when it is there.
  @discardableResult
  func make(file path: String, _ bytes: [UInt8] = []) throws(SystemFailure) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode)
    if descriptor < 0, errno == EEXIST { return false }
    guard descriptor >= 0 else { throw SystemFailure(errno, "make", path) }
    defer { close(descriptor) }
    try give(fileMode, to: descriptor, path)
    // A short write leaves errno as it is: it ends where there is no more room.
    errno = ENOSPC
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
      throw SystemFailure(errno, "write", path)
    }
    return true
  }

  /// Gives them to a file that LMDB has made. Never to its lock file by a descriptor: closing that would
  /// drop the process's locks.
  func give(toFile path: String) throws(SystemFailure) {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SystemFailure(errno, "read", path) }
    let isOurs = status.st_gid == group && (geteuid() != 0 || status.st_uid == owner)
    if !isOurs { _ = lchown(path, geteuid() == 0 ? owner : uid_t.max, group) }
    if status.st_mode & 0o7777 != fileMode, chmod(path, fileMode) != 0 {
      throw SystemFailure(errno, "change the mode of", path)
    }
  }

  /// Whoever is not in the group cannot give files to it; they stay his own then.
  private func give(
    _ mode: mode_t, to descriptor: Int32, _ path: String
  ) throws(SystemFailure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemFailure(errno, "make", path) }
    let isOurs = status.st_gid == group && (geteuid() != 0 || status.st_uid == owner)
    if !isOurs { _ = fchown(descriptor, geteuid() == 0 ? owner : uid_t.max, group) }
    // Changing the owner drops bits, and so does the umask.
    if !isOurs || status.st_mode & 0o7777 != mode, fchmod(descriptor, mode) != 0 {
      throw SystemFailure(errno, "change the mode of", path)
    }
  }
}
