import CProcess
import Glibc
import System

/// The processors that this process may use: its affinity, and its control group's share of time.
package enum Processors {
  /// At least 1.
  package static var available: Int {
    max(1, min(Int(qp_allowed_processors()), share ?? .max))
  }

  /// The processors' time that the control group may use, rounded up; nil: all of it.
  private static var share: Int? {
    guard let text = try? ProcFiles.contents("/sys/fs/cgroup/cpu.max") else { return nil }
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), period > 0
    else { return nil }
    return max(1, (quota + period - 1) / period)
  }

}

/// How many files this process may have open.
package enum DescriptorLimit {
  /// A slot's pipes, lock, process and input.
  private static let perSlot = 10
  private static let spare = 64

  /// Raises the soft limit as far as `slots` need; gives back how many slots it carries.
  package static func raise(forSlots slots: Int) -> Int {
    var limit = rlimit()
    getrlimit(openFiles, &limit)
    let needed = rlim_t(slots * perSlot + spare)
    guard limit.rlim_cur < needed else { return slots }
    limit.rlim_cur = min(needed, limit.rlim_max)
    setrlimit(openFiles, &limit)
    return min(slots, max(0, (Int(limit.rlim_cur) - spare) / perSlot))
  }

  private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
}
