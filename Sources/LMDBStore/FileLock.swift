import Glibc
import QueueCore
import System

/// A file whose bytes processes lock: open file description locks, which belong to this descriptor
/// alone, are not shared with children and end with the process however it ends.
final class FileLock {
  let path: String
  private let file: FileDescriptor
  var descriptor: Int32 { file.number }

  /// Opens the file, close-on-exec. One that is missing makes the store `.unsound`: made again while
  /// others have the old one it would lock nothing against them.
  init(_ path: String) throws(StoreError) {
    self.path = path
    do throws(SystemError) {
      file = try FileDescriptor(opening: path, O_RDWR | O_NOFOLLOW)
    } catch {
      guard error.code == ENOENT else { throw StoreError(error) }
      throw StoreError(
        .unsound,
        "the store is damaged: \(path) is missing: end all commands that use the store, then "
          + "q-check --repair")
    }
  }

  /// How long one waits for the one before it.
  static let deadline: Duration = .seconds(10)

  /// Locks the first byte, within ``deadline``. Throws `.busy`, saying what somebody else does.
  func wait(shared: Bool, what: String) throws(StoreError) {
    try wait(shared: shared, pauses: 2_000) {
      StoreError(.busy, "store busy: \(path): \(what): try again")
    }
  }

  /// The same, with pauses of at most so many microseconds, and an error of the caller's.
  func wait(shared: Bool, pauses: UInt32, busy: () -> StoreError) throws(StoreError) {
    let end = ContinuousClock.now + Self.deadline
    var pause: UInt32 = 20
    while !tryLock(byte: 0, shared: shared) {
      guard ContinuousClock.now < end else { throw busy() }
      usleep(.random(in: pause / 2...pause))
      pause = min(pause * 2, pauses)
    }
  }

  /// Whether the file is still the one of that path.
  func isStill(_ path: String) throws(StoreError) -> Bool {
    do throws(SystemError) {
      let own = try file.status(path, call: "read").identity
      return (try? FileStatus(of: path, followingLinks: false))?.identity == own
    } catch {
      throw StoreError(error)
    }
  }

  /// Locks the byte if nobody else has it; false when somebody has.
  func tryLock(byte: Int64, shared: Bool = false) -> Bool {
    (try? file.lock(byte: byte, shared: shared)) != nil
  }

  /// Gives the byte back.
  func unlock(byte: Int64) { file.unlock(byte: byte) }

  /// Whether another process, or another descriptor, has locked the byte.
  func isLockedElsewhere(byte: Int64) -> Bool { (try? file.isLocked(byte: byte)) ?? false }

  /// Whether another process, or another descriptor, has locked any byte.
  var hasLocks: Bool { (try? file.isLocked(byte: 0, count: 0)) ?? true }
}

extension StoreError {
  /// A failed call of the operating system.
  init(_ error: SystemError) {
    let failure = "cannot \(error.call) \(error.subject): \(error.reason)"
    switch error.code {
    case EACCES, EPERM:
      self.init(
        .permission,
        "\(failure): reading a store needs write permission too; share it by group")
    case ELOOP: self = .link(error.subject)
    case EROFS: self.init(.unusable, "\(failure): copy the store elsewhere")
    default: self.init(.inputOutput, failure + Self.advice(error.code))
    }
  }

  /// What to do about a failed call, with a colon before it; empty where there is nothing to say.
  static func advice(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: ": make room and try again"
    case EIO: ": check the disk, and that it has room"
    case EFBIG: ": raise the limit of file sizes (ulimit -f)"
    case ENOMEM: ": raise the limit of memory (ulimit -v)"
    case EMFILE, ENFILE: ": raise the limit of open files (ulimit -n)"
    default: ""
    }
  }
}
