import Synchronization
import System

/// The directories this process has an environment in.
///
/// LMDB's locks are `fcntl` locks: closing a second environment of one directory drops the locks
/// of the first, and other processes then take live readers for dead ones.
private let openDirectories = Mutex<Set<FileIdentity>>([])

/// A directory taken for one environment, given back when dropped.
struct DirectoryReservation: ~Copyable {
  private let identity: FileIdentity

  private init(identity: FileIdentity) { self.identity = identity }

  /// Nil if the directory is taken. Not an initialiser: one that fails after `identity` is set runs
  /// `deinit`, and would give back what it did not take.
  static func take(_ identity: FileIdentity) -> DirectoryReservation? {
    guard openDirectories.withLock({ $0.insert(identity).inserted }) else { return nil }
    return DirectoryReservation(identity: identity)
  }

  deinit {
    _ = openDirectories.withLock { $0.remove(identity) }
  }
}
