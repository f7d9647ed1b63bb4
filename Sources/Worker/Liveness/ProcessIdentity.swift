import Glibc
package import QueueCore
package import System

extension ProcessIdentity {
  /// This process.
  package static func current() throws(SystemError) -> ProcessIdentity {
    var files = ProcFiles()
    guard let own = files.stat(of: getpid()) else {
      throw SystemError("read", "/proc/self/stat", code: ENOENT)
    }
    return ProcessIdentity(
      pid: own.pid, startTicks: own.startTicks, bootID: try ProcFiles.bootID(),
      pidNamespace: try ProcFiles.pidNamespace())
  }
}
