import Glibc

/// What the system knows of a file.
package struct FileStatus {
  private var status = stat()

  /// - Parameter call: what the error says was tried.
  package init(
    of path: String, followingLinks: Bool = true, call: String = "stat"
  ) throws(SystemError) {
    let answer = followingLinks ? stat(path, &status) : lstat(path, &status)
    if answer != 0 { throw SystemError(call, path) }
  }

  /// Of an open file; `subject` is for the error.
  package init(
    of descriptor: Int32, _ subject: String, call: String = "fstat"
  ) throws(SystemError) {
    if fstat(descriptor, &status) != 0 { throw SystemError(call, subject) }
  }

  package var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
  package var isDirectory: Bool { status.st_mode & S_IFMT == S_IFDIR }
  package var isLink: Bool { status.st_mode & S_IFMT == S_IFLNK }
  /// The permissions, with the set-ID and sticky bits.
  package var mode: UInt32 { status.st_mode & 0o7777 }
  package var owner: UInt32 { status.st_uid }
  package var group: UInt32 { status.st_gid }
  /// Bytes.
  package var size: Int { status.st_size }
  package var identity: FileIdentity {
    FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}

/// Which file it is, whatever it is called: another one of that name has none of the locks that prove
/// something.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64

  package init(device: UInt64, inode: UInt64) { (self.device, self.inode) = (device, inode) }

  /// That of the file to which a path leads, through links.
  package init(_ path: String, call: String = "find") throws(SystemError) {
    self = try FileStatus(of: path, call: call).identity
  }
}
