import CProcess
import Glibc
package import System

/// What a run is, as the handler's process wrote it before it became the handler.
package struct RunRecord: Equatable, Sendable {
  /// The run's number.
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

/// What a worker's file of runs says.
package struct RunFile: Equatable, Sendable {
  package var records: [RunRecord]
  /// Who made the file: nobody else's processes are ended for what it says, unless it is root's.
  package var owner: UInt32
  /// The worker had been asked to end.
  package var isEnding: Bool
  /// Those claims that were asked for whose runs may carry more than one, by the numbers of their tokens.
  var claims: [UInt64: ClaimPlace] = [:]
}

/// `runs/<worker>` in the store: a head, then 32 bytes a slot, the slot's latest run; far behind them,
/// where runs carry many claims, which (``ClaimList``).
///
/// The head is a record without a process, which says whether the worker was asked to end. Not synced: after a power loss no process is left that it could tell of.
///
/// Sendable: a descriptor and a path that never change.
package final class RunRecords: Sendable {
  package static let size = MemoryLayout<qp_run_record>.stride

  /// For ``HandlerRun/Request/record``.
  package var descriptor: Int32 { file.number }
  package let path: String
  private let file: FileDescriptor

  /// Makes the file with room for `slots`, so that no handler fails to start on a full disk;
  /// makes `runs` too. Whoever shares the store may read it, and only its maker write it.
  package init(store: String, worker: UInt64, slots: Int) throws(SystemError) {
    let mode = try FileStatus(of: store).mode
    try Directory.make("\(store)/runs", mode: mode)
    path = Self.path(store, worker)
    file = try FileDescriptor(
      opening: path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode & 0o644)
    fchmod(file.number, mode & 0o644)
    do {
      try reserve(slots: slots)
      try writeHead(isEnding: false)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Makes room for so many slots.
  package func reserve(slots: Int) throws(SystemError) {
    let error = posix_fallocate(descriptor, 0, off_t(Self.offset(slot: slots)))
    if error != 0 { throw SystemError("fallocate", path, code: error) }
  }

  package static func offset(slot: Int) -> Int64 { Int64((slot + 1) * size) }

  /// Says that the worker has been asked to end: whoever kills it now does not do so for an item.
  func markEnding() { try? writeHead(isEnding: true) }

  private func writeHead(isEnding: Bool) throws(SystemError) {
    var head = qp_run_record()
    head.token = .max
    head.pid = -1
    head.session = isEnding ? 1 : 0
    if pwrite(descriptor, &head, Self.size, 0) != Self.size { throw SystemError("write", path) }
  }

  /// What a worker's file says, without slots that never ran anything, and of these claims; nil if it
  /// left no file.
  package static func read(
    store: String, worker: UInt64, claims: Set<UInt64> = []
  ) throws(SystemError) -> RunFile? {
    let path = path(store, worker)
    guard let file = try FileDescriptor.reading(path, O_NOFOLLOW | O_NONBLOCK) else { return nil }
    guard let status = try? file.status(path), status.isRegular else {
      throw SystemError("read", path, code: EINVAL)
    }
    var found = RunFile(records: [], owner: status.owner, isEnding: false)
    let length = min(status.size, Int(offset(slot: WorkPlan.maximumSlots)))
    let bytes = try readFully(length, from: file.number, path)
    bytes.withUnsafeBytes { bytes in
      for place in stride(from: 0, through: bytes.count - size, by: size) {
        let record = bytes.loadUnaligned(fromByteOffset: place, as: qp_run_record.self)
        if record.pid == -1, record.token == .max {
          found.isEnding = record.session != 0
        } else if record.pid > 0 {
          found.records.append(
            RunRecord(
              token: record.token, pid: record.pid, session: record.session,
              started: record.started))
        }
      }
    }
    if claims.isEmpty { return found }
    for slot in 0..<WorkPlan.maximumSlots where ClaimList.offset(slot: slot) < status.size {
      try ClaimPlace.read(claims, slot: slot, from: file.number, path, into: &found.claims)
    }
    return found
  }

  /// The workers that have a file, registered or not.
  package static func workers(store: String) -> [UInt64] {
    Directory.names(in: "\(store)/runs").compactMap { UInt64($0) }
  }

  /// When the worker leaves, or has been recovered. A file that is not there is fine.
  package static func remove(store: String, worker: UInt64) throws(SystemError) {
    let path = path(store, worker)
    if unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path) }
  }

  private static func path(_ store: String, _ worker: UInt64) -> String {
    "\(store)/runs/\(worker)"
  }
}
