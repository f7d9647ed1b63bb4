import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the store needs to know of a process, from `/proc`. Elsewhere nothing is known.
enum ProcessState {
  /// Whether the process is stopped by a signal or a debugger.
  static func isStopped(_ pid: pid_t) -> Bool { ["T", "t"].contains(fields(of: pid)?.first) }

  /// The inode of this process's PID namespace; 0 where there are none.
  static var pidNamespace: UInt64 {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
  }

  /// Whether that very process runs: its boot is this one, and who has its number started when it
  /// did. What another namespace's number means cannot be told: it is taken for alive.
  static func isAlive(_ process: ProcessIdentity) -> Bool {
    guard process.bootID == contents("/proc/sys/kernel/random/boot_id")?.prefix(36) ?? "" else {
      return false
    }
    guard process.pidNamespace == pidNamespace else { return true }
    guard let fields = fields(of: process.pid), fields.count > 19 else { return false }
    return UInt64(fields[19]) == process.startTicks
  }

  /// The fields of `/proc/PID/stat` behind the name, which may hold anything: the state is the first.
  private static func fields(of pid: pid_t) -> [Substring]? {
    guard let line = contents("/proc/\(pid)/stat"), let name = line.lastIndex(of: ")") else {
      return nil
    }
    return line[line.index(after: name)...].split(separator: " ")
  }

  private static func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1_024)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
