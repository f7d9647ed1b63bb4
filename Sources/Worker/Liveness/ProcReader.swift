#if os(Linux)
  import CProcess
  import Glibc

  /// Reads `/proc` with one buffer and few calls.
  struct ProcReader: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
    private static let mark = Array("Q_TOKEN=".utf8)

    deinit { buffer.deallocate() }

    /// Calls `body` for every process, also for such as end meanwhile.
    mutating func forEachProcess(_ body: (inout ProcReader, Int32) -> Void) throws(SystemError) {
      guard let directory = opendir("/proc") else {
        throw SystemError("opendir", "/proc", code: errno)
      }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let pid = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
        }
        if pid > 0 { body(&self, pid) }
      }
    }

    mutating func stat(of pid: Int32) -> ProcessStat? {
      guard let length = read("/proc/\(pid)/stat") else { return nil }
      return ProcessStat(UnsafeRawBufferPointer(rebasing: buffer[0..<length]))
    }

    /// The value of `Q_TOKEN` in the environment the process was started with, if it may be read.
    mutating func token(of pid: Int32) -> [UInt8]? {
      guard let length = read("/proc/\(pid)/environ"), length > 0, let base = buffer.baseAddress
      else { return nil }
      var from = 0
      while true {
        let hit = qp_find(base + from, length - from, Self.mark, Self.mark.count)
        if hit < 0 { return nil }
        let at = from + Int(hit)
        from = at + Self.mark.count
        if at == 0 || buffer[at - 1] == 0 {
          return Array(buffer[from..<length].prefix { $0 != 0 })
        }
      }
    }

    /// Whether this process may not see the environment of that one.
    func isHidden(_ pid: Int32) -> Bool {
      let file = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
      if file >= 0 {
        close(file)
        return false
      }
      return errno == EACCES || errno == EPERM
    }

    /// The user who started it, whatever it may have become since.
    mutating func user(of pid: Int32) -> uid_t? {
      guard let length = read("/proc/\(pid)/status"), let base = buffer.baseAddress else {
        return nil
      }
      let mark = Array("\nUid:\t".utf8)
      let hit = qp_find(base, length, mark, mark.count)
      guard hit >= 0 else { return nil }
      var user: uid_t = 0
      for byte in buffer[(Int(hit) + mark.count)..<length] {
        guard byte >= 48, byte < 58 else { break }
        user = user &* 10 &+ uid_t(byte - 48)
      }
      return user
    }

    /// Reads a whole file into the buffer, which grows as needed.
    private mutating func read(_ path: String) -> Int? {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      if file < 0 { return nil }
      defer { close(file) }
      var length = 0
      while true {
        if length == buffer.count {
          let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: buffer.count * 4, alignment: 16)
          larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
          buffer.deallocate()
          buffer = larger
        }
        let got = Glibc.read(file, buffer.baseAddress.map { $0 + length }, buffer.count - length)
        if got > 0 {
          length += got
        } else if got == 0 {
          return length
        } else if errno != EINTR {
          return nil
        }
      }
    }
  }
#endif
