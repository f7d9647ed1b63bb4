#if os(Linux)
  import Glibc
  package import QueueCore

  extension ProcessIdentity {
    /// This process.
    package static func current() throws(SystemError) -> ProcessIdentity {
      var reader = ProcReader()
      guard let own = reader.stat(of: getpid()) else {
        throw SystemError("read", "/proc/self/stat", code: ENOENT)
      }
      var space = stat()
      if stat("/proc/self/ns/pid", &space) != 0 {
        throw SystemError("stat", "/proc/self/ns/pid", code: errno)
      }
      return ProcessIdentity(
        pid: own.pid, startTicks: own.startTicks, bootID: try bootID(),
        pidNamespace: UInt64(space.st_ino))
    }

    private static func bootID() throws(SystemError) -> String {
      let path = "/proc/sys/kernel/random/boot_id"
      let file = open(path, O_RDONLY | O_CLOEXEC)
      if file < 0 { throw SystemError("open", path, code: errno) }
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: 64)
      let got = read(file, &bytes, bytes.count)
      if got < 36 { throw SystemError("read", path, code: got < 0 ? errno : EIO) }
      return String(decoding: bytes.prefix(36), as: UTF8.self)
    }
  }
#endif
