import CProcess
import Glibc

/// What is done with directories.
package enum Directory {
  /// Makes one with these permissions, whatever the umask; one that is there stays as it is.
  /// - Throws: ENOTDIR when something else is there, a link among them.
  package static func make(_ path: String, mode: UInt32) throws(SystemError) {
    if mkdir(path, mode) == 0 {
      chmod(path, mode)
    } else if errno != EEXIST {
      throw SystemError("mkdir", path)
    }
    guard (try? FileStatus(of: path, followingLinks: false))?.isDirectory == true else {
      throw SystemError("open", path, code: ENOTDIR)
    }
  }

  /// Makes what was made, renamed and removed in it durable.
  package static func sync(_ path: String) throws(SystemError) {
    let directory = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    guard fsync(directory.number) == 0 else { throw SystemError("sync", path) }
  }

  /// Makes everything durable that was written to the file system of `descriptor`; `path` is for errors.
  package static func syncFileSystem(
    of descriptor: Int32, _ path: String
  ) throws(SystemError) {
    try SystemError.check(qp_sync_file_system(descriptor), "syncfs", path)
  }

  /// Hands over the name of each entry, `.` and `..` among them; a name is good during the call.
  package static func forEachName(
    in path: String, _ body: (UnsafePointer<CChar>) -> Void
  ) throws(SystemError) {
    try forEachName(in: path.utf8CString.map { $0 }, body)
  }

  /// The same of a path that need not be UTF-8, with a NUL behind it.
  package static func forEachName(
    in path: [CChar], _ body: (UnsafePointer<CChar>) -> Void
  ) throws(SystemError) {
    guard let directory = opendir(path) else {
      throw SystemError(
        "opendir", String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { body($0) }
      }
    }
  }

  /// The names but `.` and `..`, in no order; none where there is no directory that can be read.
  package static func names(in path: String) -> [String] {
    var names: [String] = []
    try? forEachName(in: path) { name in
      if strcmp(name, ".") != 0, strcmp(name, "..") != 0 { names.append(String(cString: name)) }
    }
    return names
  }
}
