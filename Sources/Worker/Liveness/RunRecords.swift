import CProcess
import Glibc

/// Who runs a claim, as the handler's process wrote it before it became the handler.
package struct RunRecord: Equatable, Sendable {
  package var token: UInt64
  /// Also the process group.
  package var pid: Int32
  /// The worker's session: no member of a handler's group can be in another.
  package var session: Int32
  /// CLOCK_BOOTTIME in nanoseconds, not before the process's own start.
  package var started: UInt64

  package init(token: UInt64, pid: Int32, session: Int32, started: UInt64) {
    (self.token, self.pid, self.session, self.started) = (token, pid, session, started)
  }
}

/// `runs/<worker>` in the store: 32 bytes a slot, the slot's latest run.
///
/// Not synced: after a power loss no process is left that it could tell of.
///
/// Sendable: a descriptor and a path that never change.
package final class RunRecords: Sendable {
  package static let size = MemoryLayout<qp_run_record>.stride

  /// For ``HandlerRun/Request/record``.
  package let descriptor: Int32
  package let path: String

  /// Makes the file with room for `slots`, so that no handler fails to start on a full disk;
  /// makes `runs` too, with `mode`.
  package init(store: String, worker: UInt64, slots: Int, mode: UInt32 = 0o700)
    throws(SystemError)
  {
    let directory = "\(store)/runs"
    if mkdir(directory, mode) != 0, errno != EEXIST {
      throw SystemError("mkdir", directory, code: errno)
    }
    path = Self.path(store, worker)
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0o666)
    if descriptor < 0 { throw SystemError("open", path, code: errno) }
    do {
      try reserve(slots: slots)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Makes room for so many slots.
  package func reserve(slots: Int) throws(SystemError) {
    let error = posix_fallocate(descriptor, 0, off_t(slots * Self.size))
    if error != 0 { throw SystemError("fallocate", path, code: error) }
  }

  deinit { close(descriptor) }

  package static func offset(slot: Int) -> Int64 { Int64(slot * size) }

  /// The records of a worker, without slots that never ran anything; empty if it left no file.
  package static func read(store: String, worker: UInt64) throws(SystemError) -> [RunRecord] {
    let path = path(store, worker)
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 {
      if errno == ENOENT { return [] }
      throw SystemError("open", path, code: errno)
    }
    defer { close(file) }
    var records: [RunRecord] = []
    var offset: Int64 = 0
    while true {
      var record = qp_run_record()
      let got = pread(file, &record, size, off_t(offset))
      if got < 0 {
        if errno == EINTR { continue }
        throw SystemError("read", path, code: errno)
      }
      if got < size { return records }
      offset += Int64(size)
      if record.pid > 0 {
        records.append(
          RunRecord(
            token: record.token, pid: record.pid, session: record.session,
            started: record.started))
      }
    }
  }

  /// The workers that have a file, registered or not.
  package static func workers(store: String) -> [UInt64] {
    guard let directory = opendir("\(store)/runs") else { return [] }
    defer { closedir(directory) }
    var workers: [UInt64] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let worker = UInt64(name) { workers.append(worker) }
    }
    return workers
  }

  /// When the worker leaves, or has been recovered. A file that is not there is fine.
  package static func remove(store: String, worker: UInt64) throws(SystemError) {
    let path = path(store, worker)
    if unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path, code: errno) }
  }

  private static func path(_ store: String, _ worker: UInt64) -> String {
    "\(store)/runs/\(worker)"
  }
}
