import Glibc
import QueueCore
import System

extension StoreDirectory {
  /// Throws `.untrusted` when the directory belongs to another user and is not shared by a group of this
  /// one: who can write to a store decides what q-work runs its handler for and which processes it
  /// ends. Nothing in the store has been looked at by then.
  ///
  /// Shared by a group is a directory that the group may write to. Root is a user like any other: what
  /// others have for it to open it did not make.
  func refuseOthers() throws(StoreError) {
    guard let status = try? FileStatus(of: path), status.owner != geteuid() else { return }
    if status.mode & S_IWGRP != 0, Self.groups.contains(status.group) { return }
    throw StoreError(
      .untrusted,
      "cannot use \(path): it belongs to user \(status.owner), not to user \(geteuid()), and no "
        + "group of yours shares it: who writes to a store decides which processes are ended")
  }

  private static var groups: Set<gid_t> {
    let count = max(getgroups(0, nil), 0)
    var groups = [gid_t](repeating: 0, count: Int(count))
    let filled = getgroups(count, &groups)
    return Set(groups.prefix(Int(max(filled, 0)))).union([getegid()])
  }
}
