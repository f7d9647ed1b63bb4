import Glibc
import QueueCore
import System

/// Compaction: all entries of an environment are written into another, which takes its place.
///
/// An environment's files are never replaced under their names: who had `lock.mdb` open would go on with it beside
/// a `data.mdb` that it knows nothing of, and see an empty store. So the new one has a directory of its own, and
/// one rename of `current` makes it the store's, when everything in it is durable. Whoever is killed before that
/// leaves the old one, after it the new one.
extension LMDBOrderedStore {
  /// Compacts the store. `patience`: how long others are waited for. Throws `.busy` when they do not leave.
  func compact(within patience: Duration) throws(StoreError) -> Compaction {
    try tenancy.giveUp()
    let gate = tenancy.gate
    // Stopped from now on it would stop everybody.
    let mask = SignalSet.stops.block()
    defer { mask.restore() }
    try gate.takeAlone(within: patience)
    defer { gate.giveBack() }
    let began = ContinuousClock.now
    do {
      let old = try directory.environment()
      directory.removeStrays(beside: old)
      let new = directory.environment(StoreDirectory.number(ofEnvironment: old) + 1)
      let sizes = try copy(old, to: new)
      try replace(old, by: new)
      return Compaction(before: sizes.before, after: sizes.after, took: .now - began)
    } catch {
      throw StoreError(error, in: directory.path)
    }
  }

  /// Makes a durable copy of what is in use of one environment in another. What fails leaves nothing of it.
  private func copy(_ old: String, to new: String) throws -> (before: UInt64, after: UInt64) {
    do {
      let permissions = try Permissions(of: directory.path)
      try permissions.make(directory: new)
      let source = try Connection(directory, environment: old)
      defer { source.closeUnguarded() }
      try source.pack(into: new, permissions)
      try Directory.sync(new)
      return (source.size, UInt64(try FileStatus(of: new + "/data.mdb").size))
    } catch {
      try? directory.remove(environment: new)
      throw error
    }
  }

  /// Has `current` name the other environment, durably, and removes the one that it named.
  private func replace(_ old: String, by new: String) throws {
    let named = directory.current + ".new"
    func name(_ environment: String) throws(SystemError) {
      unlink(named)
      let name = environment.split(separator: "/").last ?? ""
      try Permissions(of: directory.path).make(file: named, Array("\(name)\n".utf8))
      try Directory.sync(directory.path)
      guard rename(named, directory.current) == 0 else { throw SystemError("rename", named) }
      try Directory.sync(directory.path)
    }
    do {
      try name(new)
    } catch {
      // Named by whatever is on the disk: both are the same. What is committed from now on must be found there.
      if try directory.environment() == new { try name(old) }
      unlink(named)
      try? directory.remove(environment: new)
      throw error
    }
    // What is left of it the next command removes.
    try? directory.remove(environment: old)
  }
}
