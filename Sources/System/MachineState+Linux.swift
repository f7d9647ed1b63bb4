import Glibc

/// How much the machine has to do. The kernel tells it in /proc; another system would need its own.
package struct MachineState: Equatable, Sendable {
  /// Bytes that programs can have without others being swapped out, of the machine or of the control group
  /// that leaves the least; nil where the kernel does not say.
  package var freeMemory: UInt64?
  /// Processes that want to run, on average over the last minute; nil where the kernel does not say.
  package var load: Double?

  package init(freeMemory: UInt64?, load: Double?) {
    (self.freeMemory, self.load) = (freeMemory, load)
  }

  /// What it is now.
  package static func now() -> MachineState {
    let load = (try? ProcFiles.contents("/proc/loadavg"))?.split(separator: " ").first
    return MachineState(freeMemory: freeMemory, load: load.flatMap { Double($0) })
  }

  private static var freeMemory: UInt64? {
    guard let machine = (try? ProcFiles.contents("/proc/meminfo")).flatMap(available) else {
      return nil
    }
    let groups = (try? ProcFiles.contents("/proc/self/cgroup")) ?? ""
    return MemoryGroups.all.reduce(machine) { least, version in
      version.path(groups).map { min(least, version.left($0)) } ?? least
    }
  }

  /// Of `/proc/meminfo`, whose numbers are in KiB.
  static func available(_ text: String) -> UInt64? {
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 << 10 }
    }
    return nil
  }
}

/// What control groups leave a process of memory, in one of the kernel's two versions of them.
struct MemoryGroups {
  /// Where the hierarchy lies.
  var root: String
  /// What a process's line of `/proc/self/cgroup` has before the path.
  var mark: String
  var limit, usage: String
  /// Of `memory.stat`: file pages that nobody uses.
  var idle: String

  static let all = [
    MemoryGroups(
      root: "/sys/fs/cgroup", mark: "0::", limit: "memory.max", usage: "memory.current",
      idle: "inactive_file "),
    MemoryGroups(
      root: "/sys/fs/cgroup/memory", mark: ":memory:", limit: "memory.limit_in_bytes",
      usage: "memory.usage_in_bytes", idle: "total_inactive_file "),
  ]

  /// The path of the process's group; nil where it is in none of this version.
  func path(_ groups: String) -> String? {
    for line in groups.split(separator: "\n") {
      if let found = line.firstRange(of: mark) { return String(line[found.upperBound...]) }
    }
    return nil
  }

  /// What the group at `path`, or one that it is in, leaves; file pages that nobody uses count as free.
  func left(_ path: String) -> UInt64 {
    var left = UInt64.max
    var path = path == "/" ? "" : path
    while true {
      let place = "\(root)\(path)/"
      if let most = number(place + limit), let used = number(place + usage) {
        let idle = inactive(place + "memory.stat")
        left = min(left, most - min(most, used - min(used, idle)))
      }
      guard let slash = path.lastIndex(of: "/") else { return left }
      path = String(path[..<slash])
    }
  }

  private func number(_ path: String) -> UInt64? {
    (try? ProcFiles.contents(path)).flatMap { text in
      text.split(separator: "\n").first.flatMap { UInt64($0) }
    }
  }

  private func inactive(_ path: String) -> UInt64 {
    let text = (try? ProcFiles.contents(path)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix(idle) {
      return line.split(separator: " ").last.flatMap { UInt64($0) } ?? 0
    }
    return 0
  }
}
