import Glibc
import QueueCore
import System

/// The environments of a store: the one that `current` names, and what a compaction that was killed has left of
/// the one before or after it.
extension StoreDirectory {
  /// The number in the name of an environment's directory.
  static func number(ofEnvironment path: String) -> UInt64 {
    path.lastIndex(of: ".").flatMap { UInt64(path[$0...].dropFirst()) } ?? 0
  }

  /// The directory of the environment of that number.
  func environment(_ number: UInt64) -> String { path + "/env.\(number)" }

  /// Removes what a compaction that was killed has left beside the environment in use. The caller is inside the
  /// ``Gate``, so that no compaction is at work. Who may not remove it leaves it to others.
  func removeStrays(beside environment: String) {
    let number = Self.number(ofEnvironment: environment)
    for stray in [number &- 1, number &+ 1].map(self.environment) where access(stray, F_OK) == 0 {
      unlink(current + ".new")
      try? remove(environment: stray)
    }
  }

  /// Removes an environment that nobody has open, and nothing else that is in its directory.
  func remove(environment: String) throws(SystemError) {
    // What lies behind a link is somebody else's.
    let directory = try FileDescriptor(
      opening: environment, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, call: "remove")
    for name in ["data.mdb", "lock.mdb", "lock.mdb.new"]
    where unlinkat(directory.number, name, 0) != 0 && errno != ENOENT {
      throw SystemError("remove", environment + "/" + name)
    }
    guard rmdir(environment) == 0 || errno == ENOENT else {
      throw SystemError("remove", environment)
    }
  }
}
