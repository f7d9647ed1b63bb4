public import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension StoreDirectory {
  /// Makes again the files of a store whose contents follow from nothing, or from what is there:
  /// whoever uses the store meanwhile must end first, since their locks are on the old ones.
  ///
  /// Throws `.noStore`, `.unusable` when there is no environment or more than one, and what making a
  /// file throws.
  public func repairFiles() throws(StoreError) -> Repairs {
    var repairs = Repairs()
    let environments = Self.names(in: path).map { String(decoding: $0, as: UTF8.self) }
      .filter { $0.hasPrefix("env.") && access("\(path)/\($0)/data.mdb", F_OK) == 0 }
    // Elsewhere nothing is made: another directory is nobody's to change.
    guard !environments.isEmpty else {
      _ = try environment()
      return repairs
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system(errno, "read", path) }
    let mode = status.st_mode & 0o777
    if Self.isEmpty(current) {
      guard environments.count == 1 else {
        throw StoreError(
          .unusable,
          "cannot repair \(path): the file current is missing, and it may be any of "
            + environments.sorted().joined(separator: ", "))
      }
      // Under another name first: a half written one would name nothing.
      let new = current + ".new"
      unlink(new)
      try Self.make(new, mode, Array("\(environments[0])\n".utf8))
      guard rename(new, current) == 0 else { throw .system(errno, "rename", new) }
      repairs.note("the file current was missing: made again, naming \(environments[0])")
    }
    for file in [`guard`, gate, writer, locks] where access(file, F_OK) != 0 {
      try Self.make(file, mode)
      repairs.note("the file \(file.dropFirst(path.count + 1)) was missing: made again")
    }
    for directory in [path + "/wake", runs] where access(directory, F_OK) != 0 {
      guard mkdir(directory, mode) == 0, chmod(directory, mode) == 0 else {
        throw .system(errno, "make", directory)
      }
      repairs.note("the directory \(directory.dropFirst(path.count + 1)) was missing: made again")
    }
    if repairs.count > 0 { try Self.sync(path) }
    return repairs
  }
  private static func isEmpty(_ file: String) -> Bool {
    var status = stat()
    return stat(file, &status) != 0 ? errno == ENOENT : status.st_size == 0
  }

  /// With the permissions that the store's directory has, whatever the umask.
  private static func make(
    _ file: String, _ mode: mode_t, _ bytes: [UInt8] = []
  ) throws(StoreError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(errno, "make", file) }
    defer { close(descriptor) }
    guard fchmod(descriptor, mode & 0o666) == 0 else { throw .system(errno, "make", file) }
    errno = ENOSPC
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
      throw .system(errno, "write", file)
    }
  }
}
