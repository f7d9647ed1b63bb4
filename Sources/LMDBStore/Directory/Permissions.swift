import Glibc
import QueueCore
import System

/// Who may use what is in a store: whoever may use its directory. Everything that is made in it takes
/// the directory's mode and group, whatever the umask; made by root, its owner too.
struct Permissions {
  /// Of a directory; a set-group-ID bit is among it.
  let mode: UInt32
  private let owner: UInt32
  private let group: UInt32

  /// Those of the store in `directory`.
  init(of directory: String) throws(SystemError) {
    let status = try FileStatus(of: directory, call: "read")
    (mode, owner, group) = (status.mode & 0o2777, status.owner, status.group)
  }

  /// Of a file.
  var fileMode: UInt32 { mode & 0o666 }

  /// Makes a directory.
  func make(directory path: String) throws(SystemError) {
    guard mkdir(path, mode & 0o777) == 0 else { throw SystemError("make", path) }
    let made = try FileDescriptor(
      opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, call: "make")
    try give(mode, to: made, path)
  }

  /// Makes a file with these contents and syncs it; false when it is there.
  @discardableResult
  func make(file path: String, _ bytes: [UInt8] = []) throws(SystemError) -> Bool {
    do throws(SystemError) {
      let made = try FileDescriptor(
        opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: fileMode, call: "make")
      try give(fileMode, to: made, path)
      try writeFully(bytes, to: made.number, path)
      guard fsync(made.number) == 0 else { throw SystemError("write", path) }
      return true
    } catch {
      if error.call == "make", error.code == EEXIST { return false }
      throw error
    }
  }

  /// Gives them to a file that LMDB has made. Never to its lock file by a descriptor: closing that would
  /// drop the process's locks.
  func give(toFile path: String) throws(SystemError) {
    let status = try FileStatus(of: path, followingLinks: false, call: "read")
    if !isGiven(status) { _ = lchown(path, newOwner, group) }
    if status.mode != fileMode, chmod(path, fileMode) != 0 {
      throw SystemError("change the mode of", path)
    }
  }

  /// Whoever is not in the group cannot give files to it; they stay his own then.
  private func give(
    _ mode: UInt32, to file: borrowing FileDescriptor, _ path: String
  ) throws(SystemError) {
    let status = try file.status(path, call: "make")
    let isGiven = isGiven(status)
    if !isGiven { _ = fchown(file.number, newOwner, group) }
    // Changing the owner drops bits, and so does the umask.
    if !isGiven || status.mode != mode, fchmod(file.number, mode) != 0 {
      throw SystemError("change the mode of", path)
    }
  }

  private func isGiven(_ status: FileStatus) -> Bool {
    status.group == group && (geteuid() != 0 || status.owner == owner)
  }

  /// Only root can give away; -1 leaves the owner.
  private var newOwner: UInt32 { geteuid() == 0 ? owner : .max }
}
