import CProcess
import Glibc

/// The store's `locks` file: who lives is who holds a byte of it.
///
/// Byte W is worker W's for its life; byte 2^40 + token is a run's, held by the handler and by
/// whatever it leaves behind that keeps its descriptors. Open file description locks: the kernel
/// drops one when the last descriptor of its description goes. Probed with F_OFD_GETLK alone; a
/// probe that locks refuses others (2,587 of 20,000).
///
/// Sendable: two descriptors that never change; the kernel guards the locks.
package final class LockFile: Sendable {
  /// Which file it is, to be compared with what the store recorded.
  package struct Identity: Equatable, Sendable {
    package var device, inode: UInt64

    package init(device: UInt64, inode: UInt64) {
      (self.device, self.inode) = (device, inode)
    }
  }

  package static let runBase: UInt64 = 1 << 40
  /// Where the run lock's descriptor lies at least: scripts use the low ones.
  package static let leastRunDescriptor: Int32 = 64

  package let path: String
  /// Of the file that is open, whatever lies at `path` now.
  package let identity: Identity
  /// Holds this worker's byte.
  private let held: Int32
  /// Holds nothing, so that a probe also sees this process's own locks.
  private let probe: Int32

  /// Opens an existing file.
  package init(path: String) throws(SystemError) {
    self.path = path
    held = try Self.open(path)
    do {
      identity = try Self.identity(of: held, path)
      probe = try Self.open(path)
    } catch {
      close(held)
      throw error
    }
  }

  deinit {
    close(held)
    close(probe)
  }

  /// What lies at `path` now; nil if nothing does.
  package func identityAtPath() -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Takes byte `worker`, until this object goes.
  /// - Throws: EAGAIN if somebody holds it, which a number never used twice rules out.
  package func holdWorker(_ worker: UInt64) throws(SystemError) {
    let answer = qp_lock_byte(held, Int64(worker))
    _ = try SystemError.check(answer, "lock", "\(path): worker \(worker)")
  }

  /// Calls `body` while it holds byte `worker`; not at all if somebody else does.
  func whileHolding(_ worker: UInt64, _ body: () -> Void) {
    guard let place = Int64(exactly: worker), let descriptor = try? Self.open(path) else { return }
    defer { close(descriptor) }
    if (try? Self.identity(of: descriptor, path)) == identity, qp_lock_byte(descriptor, place) == 0
    {
      body()
    }
  }

  /// A new description of the file that holds this run's byte, to be given to the handler.
  /// - Throws: ESTALE if another file lies at `path` now.
  package func openRunLock(_ token: UInt64) throws(SystemError) -> RunLock {
    let opened = try Self.open(path)
    let descriptor = try SystemError.check(
      qp_move_up(opened, Self.leastRunDescriptor), "fcntl", path)
    let lock = RunLock(descriptor: descriptor)
    if try Self.identity(of: descriptor, path) != identity {
      throw SystemError("open", path, code: ESTALE)
    }
    _ = try SystemError.check(
      qp_lock_byte(descriptor, Int64(Self.runBase + token)), "lock", "\(path): run \(token)")
    return lock
  }

  /// Whether worker `worker` lives, this one included.
  package func isWorkerAlive(_ worker: UInt64) throws(SystemError) -> Bool {
    try isHeld(worker)
  }

  /// Whether a process holds this run's descriptor. False does not mean that nothing of the run
  /// lives: see ``ProcessScan``.
  package func isRunHeld(_ token: UInt64) throws(SystemError) -> Bool {
    try isHeld(Self.runBase + token)
  }

  private func isHeld(_ byte: UInt64) throws(SystemError) -> Bool {
    guard let place = Int64(exactly: byte) else { throw SystemError("probe", path, code: EINVAL) }
    return try SystemError.check(qp_probe_byte(probe, place), "probe", path) == 1
  }

  private static func open(_ path: String) throws(SystemError) -> Int32 {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    if descriptor < 0 { throw SystemError("open", path, code: errno) }
    return descriptor
  }

  private static func identity(of file: Int32, _ path: String) throws(SystemError) -> Identity {
    var status = stat()
    if fstat(file, &status) != 0 { throw SystemError("fstat", path, code: errno) }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}

/// One run's lock, from before its handler is spawned; the worker's hold on it ends when this is
/// dropped, the handler's when the handler and all that inherited it have ended.
package struct RunLock: ~Copyable {
  /// Close-on-exec, at least ``LockFile/leastRunDescriptor``.
  package let descriptor: Int32

  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
