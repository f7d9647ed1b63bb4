import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the store needs to know of a process, from `/proc`. Elsewhere nothing is known.
enum ProcessState {
  /// Whether the process is stopped by a signal or a debugger.
  static func isStopped(_ pid: pid_t) -> Bool {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0, let parenthesis = buffer[..<count].lastIndex(of: UInt8(ascii: ")")),
      parenthesis + 2 < count
    else { return false }
    return [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(buffer[parenthesis + 2])
  }

  /// The inode of this process's PID namespace; 0 where there are none.
  static var pidNamespace: UInt64 {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
  }
}

extension ProcessState {
  /// Whether that very process runs, as far as its number and start time tell.
  static func isAlive(_ process: ProcessIdentity) -> Bool {
    guard process.pidNamespace == pidNamespace else { return true }
    return kill(process.pid, 0) == 0 || errno == EPERM
  }
}
