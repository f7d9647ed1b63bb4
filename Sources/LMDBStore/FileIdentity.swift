import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which file a path leads to: another one of that name, such as `locks` or `lock.mdb`, has none of
/// the locks that prove something.
struct FileIdentity: Equatable {
  var device: UInt64
  var inode: UInt64

  init(_ path: String) throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system(errno, "find", path) }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
