import Glibc

/// What a worker makes in a store takes the store's permissions, so that a group can share it.
enum StoreMode {
  /// Makes a directory with the permissions of the store's own, whatever the umask; one that is there
  /// stays as it is. Gives those permissions back.
  @discardableResult
  static func make(directory path: String, like store: String) throws(SystemError) -> mode_t {
    var status = stat()
    guard stat(store, &status) == 0 else { throw SystemError("stat", store, code: errno) }
    let mode = status.st_mode & 0o7777
    if mkdir(path, mode) == 0 {
      chmod(path, mode)
    } else if errno != EEXIST {
      throw SystemError("mkdir", path, code: errno)
    }
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw SystemError("open", path, code: ENOTDIR)
    }
    return mode
  }
}
