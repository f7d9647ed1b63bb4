import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file whose bytes processes lock: open file description locks, which belong to this descriptor
/// alone, are not shared with children and end with the process however it ends.
final class FileLock {
  let path: String
  let descriptor: Int32

  /// Opens the file, close-on-exec. One that is missing makes the store `.unsound`: made again while
  /// others have the old one it would lock nothing against them.
  init(_ path: String) throws(StoreError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    if descriptor >= 0 { return }
    guard errno == ENOENT else { throw .system(errno, "open", path) }
    throw StoreError(
      .unsound,
      "the store is damaged: \(path) is missing: end all commands that use the store, then "
        + "q-check --repair")
  }

  /// How long one waits for the one before it.
  static let deadline: Duration = .seconds(10)

  deinit { close(descriptor) }

  /// Locks the first byte, within ``deadline``. Throws `.busy`, saying what somebody else does.
  func wait(shared: Bool, what: String) throws(StoreError) {
    let end = ContinuousClock.now + Self.deadline
    var pause: UInt32 = 20
    while !tryLock(byte: 0, shared: shared) {
      guard ContinuousClock.now < end else {
        throw StoreError(.busy, "store busy: \(path): \(what): try again")
      }
      usleep(.random(in: pause / 2...pause))
      pause = min(pause * 2, 2_000)
    }
  }

  /// Whether the file is still the one of that path.
  func isStill(_ path: String) throws(StoreError) -> Bool {
    var (own, other) = (stat(), stat())
    guard fstat(descriptor, &own) == 0 else { throw .system(errno, "read", path) }
    return lstat(path, &other) == 0 && own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }

  /// Locks the byte if nobody else has it; false when somebody has.
  func tryLock(byte: Int64, shared: Bool = false) -> Bool {
    set(shared ? F_RDLCK : F_WRLCK, byte)
  }

  /// Gives the byte back.
  func unlock(byte: Int64) { _ = set(F_UNLCK, byte) }

  /// Whether another process, or another descriptor, has locked the byte.
  func isLockedElsewhere(byte: Int64) -> Bool {
    var range = Self.range(F_WRLCK, byte)
    return fcntl(descriptor, getCommand, &range) == 0 && range.l_type != Int16(F_UNLCK)
  }

  /// Whether another process, or another descriptor, has locked any byte.
  var hasLocks: Bool {
    var range = Self.range(F_WRLCK, 0)
    range.l_len = 0
    return fcntl(descriptor, getCommand, &range) != 0 || range.l_type != Int16(F_UNLCK)
  }

  private func set(_ type: some BinaryInteger, _ byte: Int64) -> Bool {
    var range = Self.range(type, byte)
    return fcntl(descriptor, setCommand, &range) == 0
  }

  private static func range(_ type: some BinaryInteger, _ byte: Int64) -> flock {
    var range = flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = off_t(byte)
    range.l_len = 1
    return range
  }
}

#if canImport(Darwin)
  // <sys/fcntl.h>: F_OFD_SETLK and F_OFD_GETLK, not in the public headers.
  private let setCommand: Int32 = 90
  private let getCommand: Int32 = 92
#else
  // <bits/fcntl-linux.h>: the Glibc module does not export them.
  private let setCommand: Int32 = 37
  private let getCommand: Int32 = 36
#endif

extension StoreError {
  init(_ failure: SystemFailure) { self = .system(failure.code, failure.verb, failure.path) }

  /// A failed call of the operating system.
  static func system(_ code: Int32, _ verb: String, _ path: String) -> StoreError {
    let reason = String(cString: strerror(code))
    switch code {
    case EACCES, EPERM:
      return StoreError(
        .permission,
        "cannot \(verb) \(path): \(reason): reading a store needs write permission too; "
          + "share it by group")
    case ELOOP:
      return .link(path)
    case EROFS:
      return StoreError(.unusable, "cannot \(verb) \(path): \(reason): copy the store elsewhere")
    default:
      return StoreError(.inputOutput, "cannot \(verb) \(path): \(reason)\(advice(code))")
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

/// `close`, for types that have a `close` of their own.
func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
