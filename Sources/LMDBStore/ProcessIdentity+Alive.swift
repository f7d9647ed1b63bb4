import QueueCore
import System

extension ProcessIdentity {
  /// Whether that very process runs: its boot is this one, and who has its number started when it
  /// did. What another namespace's number means cannot be told: it is taken for alive.
  var isAlive: Bool {
    guard bootID == (try? ProcFiles.bootID()) ?? "" else { return false }
    guard pidNamespace == Self.ownNamespace else { return true }
    var files = ProcFiles()
    return files.stat(of: pid)?.startTicks == startTicks
  }

  /// That of this process; 0 where there are none.
  static var ownNamespace: UInt64 { (try? ProcFiles.pidNamespace()) ?? 0 }
}
