import CProcess
import Glibc
package import System

/// The store's `locks` file: who lives is who holds a byte of it.
///
/// Byte W is worker W's for its life; byte 2^40 + the run's number is a run's, held by the handler and
/// by whatever it leaves behind that keeps its descriptors. Open file description locks: the kernel
/// drops one when the last descriptor of its description goes. Probed with F_OFD_GETLK alone; a
/// probe that locks refuses others (2,587 of 20,000).
///
/// Sendable: two descriptors that never change; the kernel guards the locks.
package final class LockFile: Sendable {
  package static let runBase: UInt64 = 1 << 40
  /// Where the run lock's descriptor lies at least: scripts use the low ones.
  package static let leastRunDescriptor: Int32 = 64

  package let path: String
  /// Of the file that is open, whatever lies at `path` now.
  package let identity: FileIdentity
  /// Holds this worker's byte.
  private let held: FileDescriptor
  /// Holds nothing, so that a probe also sees this process's own locks.
  private let probe: FileDescriptor

  /// Opens an existing file.
  package init(path: String) throws(SystemError) {
    self.path = path
    held = try FileDescriptor(opening: path, O_RDWR)
    identity = try held.status(path).identity
    probe = try FileDescriptor(opening: path, O_RDWR)
  }

  /// What lies at `path` now; nil if nothing does.
  package func identityAtPath() -> FileIdentity? { try? FileIdentity(path) }

  /// Takes byte `worker`, until this object goes.
  /// - Throws: EAGAIN if somebody holds it, which a number never used twice rules out.
  package func holdWorker(_ worker: UInt64) throws(SystemError) {
    try held.lock(byte: Int64(worker), "\(path): worker \(worker)")
  }

  /// Calls `body` while it holds byte `worker`; not at all if somebody else does.
  func whileHolding(_ worker: UInt64, _ body: () -> Void) {
    guard let byte = Int64(exactly: worker),
      let file = try? FileDescriptor(opening: path, O_RDWR),
      (try? file.status(path))?.identity == identity, (try? file.lock(byte: byte)) != nil
    else { return }
    body()
    _ = consume file
  }

  /// A new description of the file that holds this run's byte, to be given to the handler.
  /// - Throws: ESTALE if another file lies at `path` now.
  package func openRunLock(_ run: UInt64) throws(SystemError) -> RunLock {
    let file = FileDescriptor(
      owning: try SystemError.check(
        qp_move_up(try FileDescriptor(opening: path, O_RDWR).release(), Self.leastRunDescriptor),
        "fcntl", path))
    if try file.status(path).identity != identity {
      throw SystemError("open", path, code: ESTALE)
    }
    try file.lock(byte: Int64(Self.runBase + run), "\(path): run \(run)")
    return RunLock(file: file)
  }

  /// Whether worker `worker` lives, this one included.
  package func isWorkerAlive(_ worker: UInt64) throws(SystemError) -> Bool {
    try isHeld(worker)
  }

  /// Whether a process holds this run's descriptor. False does not mean that nothing of the run
  /// lives: see ``ProcessScan``.
  package func isRunHeld(_ run: UInt64) throws(SystemError) -> Bool {
    try isHeld(Self.runBase + run)
  }

  private func isHeld(_ byte: UInt64) throws(SystemError) -> Bool {
    guard let place = Int64(exactly: byte) else { throw SystemError("probe", path, code: EINVAL) }
    return try probe.isLocked(byte: place, path)
  }
}

/// One run's lock, from before its handler is spawned; the worker's hold on it ends when this is
/// dropped, the handler's when the handler and all that inherited it have ended.
package struct RunLock: ~Copyable {
  fileprivate let file: FileDescriptor

  /// Close-on-exec, at least ``LockFile/leastRunDescriptor``.
  package var descriptor: Int32 { file.number }
}
