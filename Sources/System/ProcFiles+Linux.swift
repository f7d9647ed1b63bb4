import CProcess
import Glibc

/// Reads `/proc` with one buffer and few calls.
package struct ProcFiles: ~Copyable {
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)

  package init() {}

  deinit { buffer.deallocate() }

  /// Calls `body` for every process, also for such as end meanwhile.
  package mutating func forEachProcess(
    _ body: (inout ProcFiles, Int32) -> Void
  ) throws(SystemError) {
    try Directory.forEachName(in: "/proc") { name in
      let pid = atoi(name)
      if pid > 0 { body(&self, pid) }
    }
  }

  package mutating func stat(of pid: Int32) -> ProcessStat? {
    guard let length = read("/proc/\(pid)/stat") else { return nil }
    return ProcessStat(UnsafeRawBufferPointer(rebasing: buffer[0..<length]))
  }

  /// What follows `mark` (`NAME=`) in the environment that the process was started with, if it may be
  /// read.
  package mutating func variable(_ mark: [UInt8], of pid: Int32) -> [UInt8]? {
    guard let length = read("/proc/\(pid)/environ"), length > 0, let base = buffer.baseAddress
    else { return nil }
    var from = 0
    while true {
      let hit = qp_find(base + from, length - from, mark, mark.count)
      if hit < 0 { return nil }
      let at = from + Int(hit)
      from = at + mark.count
      if at == 0 || buffer[at - 1] == 0 {
        return Array(buffer[from..<length].prefix { $0 != 0 })
      }
    }
  }

  /// Whether this process may not see the environment of that one.
  package func isHidden(_ pid: Int32) -> Bool {
    do throws(SystemError) {
      _ = try FileDescriptor(opening: "/proc/\(pid)/environ", O_RDONLY)
      return false
    } catch {
      return error.code == EACCES || error.code == EPERM
    }
  }

  /// The user who started it, whatever it may have become since.
  package mutating func user(of pid: Int32) -> UInt32? {
    guard let length = read("/proc/\(pid)/status"), let base = buffer.baseAddress else {
      return nil
    }
    let mark = Array("\nUid:\t".utf8)
    let hit = qp_find(base, length, mark, mark.count)
    guard hit >= 0 else { return nil }
    var user: UInt32 = 0
    for byte in buffer[(Int(hit) + mark.count)..<length] {
      guard byte >= 48, byte < 58 else { break }
      user = user &* 10 &+ UInt32(byte - 48)
    }
    return user
  }

  /// Reads a whole file into the buffer, which grows as needed.
  private mutating func read(_ path: String) -> Int? {
    guard let file = try? FileDescriptor(opening: path, O_RDONLY) else { return nil }
    var length = 0
    while true {
      if length == buffer.count {
        let larger = UnsafeMutableRawBufferPointer.allocate(
          byteCount: buffer.count * 4, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
      }
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
      let got = uninterrupted { Glibc.read(file.number, rest.baseAddress, rest.count) }
      if got <= 0 { return got == 0 ? length : nil }
      length += got
    }
  }

  /// The name of this boot, 36 characters.
  package static func bootID() throws(SystemError) -> String {
    let path = "/proc/sys/kernel/random/boot_id"
    let text = try contents(path)
    guard text.utf8.count >= 36 else { throw SystemError("read", path, code: EIO) }
    return String(text.prefix(36))
  }

  /// The inode of this process's PID namespace.
  package static func pidNamespace() throws(SystemError) -> UInt64 {
    try FileStatus(of: "/proc/self/ns/pid").identity.inode
  }

  /// What is in a small file of the kernel's, at most 4 KiB.
  package static func contents(_ path: String) throws(SystemError) -> String {
    let file = try FileDescriptor(opening: path, O_RDONLY)
    return String(decoding: try readFully(4_096, from: file.number, path), as: UTF8.self)
  }
}
