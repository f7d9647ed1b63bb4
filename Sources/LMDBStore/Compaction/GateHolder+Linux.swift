import Glibc
import System

/// A process that holds a byte of the gate. The kernel names nobody whose lock is of an open file; but it lists such
/// locks with the file, in `/proc/PID/fdinfo`.
struct GateHolder: CustomStringConvertible {
  let pid: Int32
  /// What it was called as.
  let name: String
  let isStopped: Bool

  var description: String { "\(name) PID \(pid)\(isStopped ? " (stopped)" : "")" }

  /// Those that may be seen, but this process; in the order of their numbers.
  static func all(of file: Int32, byte: Int64) -> [GateHolder] {
    guard let own = try? FileStatus(of: file, "gate").identity else { return [] }
    var holders: [GateHolder] = []
    var files = ProcFiles()
    try? files.forEachProcess { files, pid in
      guard pid != getpid(), holds(pid, own, byte) else { return }
      let name = (try? ProcFiles.contents("/proc/\(pid)/comm")) ?? "a process"
      holders.append(
        GateHolder(
          pid: pid, name: String(name.prefix { $0 != "\n" }),
          isStopped: files.stat(of: pid)?.isStopped ?? false))
    }
    return holders.sorted { $0.pid < $1.pid }
  }

  private static func holds(_ pid: Int32, _ file: FileIdentity, _ byte: Int64) -> Bool {
    Directory.names(in: "/proc/\(pid)/fd").contains { number in
      guard (try? FileStatus(of: "/proc/\(pid)/fd/\(number)"))?.identity == file,
        let text = try? ProcFiles.contents("/proc/\(pid)/fdinfo/\(number)")
      else { return false }
      // "lock: 1: OFDLCK ADVISORY READ -1 fe:00:42 0 0": first and last byte.
      return text.split(separator: "\n").contains { line in
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard line.hasPrefix("lock:"), words.contains("OFDLCK"), words.count > 2,
          let first = Int64(words[words.count - 2]), let last = Int64(words[words.count - 1])
        else { return false }
        return first <= byte && byte <= last
      }
    }
  }
}
