import Glibc
import QueueCore
import System

/// The file that is touched when a queue changes.
enum WakeFile {
  /// Touches it, and makes it if need be. A failure costs a waiting worker at most its safety poll.
  static func touch(_ queue: UInt32, in store: StoreDirectory) {
    if let file = try? make(queue, in: store) { try? writeFully([1], to: file.number) }
  }

  /// Opens it; makes it, and the directory it is in, if they are missing, for all who use the store.
  fileprivate static func make(
    _ queue: UInt32, in store: StoreDirectory
  ) throws(SystemError) -> FileDescriptor {
    let path = store.wake(queue)
    do throws(SystemError) {
      return try FileDescriptor(opening: path, O_WRONLY | O_NOFOLLOW)
    } catch {
      guard error.code == ENOENT else { throw error }
      let permissions = try Permissions(of: store.path)
      if access(store.wakes, F_OK) != 0 { try? permissions.make(directory: store.wakes) }
      _ = try? permissions.make(file: path)
      return try FileDescriptor(opening: path, O_WRONLY | O_NOFOLLOW)
    }
  }

  /// Removes that of a queue which is gone.
  static func remove(_ queue: UInt32, in store: StoreDirectory) { unlink(store.wake(queue)) }
}

/// Watches a queue's wake file by inotify; where there is no descriptor left for it the worker polls.
final class WakeWatch: QueueWatch {
  let descriptor: Int32?

  init(_ queue: UInt32, in store: StoreDirectory) {
    _ = try? WakeFile.make(queue, in: store)
    let notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    if notifier >= 0, inotify_add_watch(notifier, store.wake(queue), UInt32(IN_MODIFY)) < 0 {
      close(notifier)
      descriptor = nil
    } else {
      descriptor = notifier >= 0 ? notifier : nil
    }
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  func drain() {
    guard let descriptor else { return }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }
}
