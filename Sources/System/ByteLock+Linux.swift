import Glibc

// <bits/fcntl-linux.h>: F_OFD_GETLK and F_OFD_SETLK, which the Glibc module does not export.
private let probeCommand: Int32 = 36
private let lockCommand: Int32 = 37

/// Open file description locks on single bytes: they belong to this descriptor, and to whoever inherits
/// it, and end with the last of them however it ends.
extension FileDescriptor {
  /// Locks the byte; waits for nobody.
  /// - Throws: EAGAIN when another description holds it.
  package func lock(
    byte: Int64, shared: Bool = false, _ subject: @autoclosure () -> String = ""
  ) throws(SystemError) {
    var range = Self.range(shared ? F_RDLCK : F_WRLCK, byte)
    if fcntl(number, lockCommand, &range) == 0 { return }
    throw SystemError("lock", subject(), code: errno == EACCES ? EAGAIN : errno)
  }

  /// Gives the byte back.
  package func unlock(byte: Int64) {
    var range = Self.range(F_UNLCK, byte)
    _ = fcntl(number, lockCommand, &range)
  }

  /// Whether another description has locked one of `count` bytes from `byte` on; 0: of all from there on.
  /// Takes nothing: a probe that locks refuses others.
  package func isLocked(
    byte: Int64, count: Int64 = 1, _ subject: @autoclosure () -> String = ""
  ) throws(SystemError) -> Bool {
    var range = Self.range(F_WRLCK, byte)
    range.l_len = Int(count)
    guard fcntl(number, probeCommand, &range) == 0 else { throw SystemError("probe", subject()) }
    return range.l_type != Int16(F_UNLCK)
  }

  private static func range(_ type: some BinaryInteger, _ byte: Int64) -> flock {
    var range = flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = Int(byte)
    range.l_len = 1
    return range
  }
}
