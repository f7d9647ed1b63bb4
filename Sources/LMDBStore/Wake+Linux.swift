import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The file that is touched when a queue changes.
enum WakeFile {
  /// Touches it, and makes it if need be. A failure costs a waiting worker at most its safety poll.
  static func touch(_ queue: UInt32, in store: StoreDirectory) {
    let descriptor = make(queue, in: store)
    guard descriptor >= 0 else { return }
    var byte: UInt8 = 1
    _ = pwrite(descriptor, &byte, 1, 0)
    close(descriptor)
  }

  /// Opens it; makes it, and the directory it is in, if they are missing, for all who use the store.
  fileprivate static func make(_ queue: UInt32, in store: StoreDirectory) -> Int32 {
    let path = store.wake(queue)
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor < 0, errno == ENOENT, let permissions = try? Permissions(of: store.path) else {
      return descriptor
    }
    if access(store.wakes, F_OK) != 0 { try? permissions.make(directory: store.wakes) }
    _ = try? permissions.make(file: path)
    return open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
  }

  /// Removes that of a queue which is gone.
  static func remove(_ queue: UInt32, in store: StoreDirectory) { unlink(store.wake(queue)) }
}

/// Watches a queue's wake file: inotify on Linux; elsewhere there is no descriptor, and the worker
/// polls.
final class WakeWatch: QueueWatch {
  let descriptor: Int32?

  init(_ queue: UInt32, in store: StoreDirectory) {
    #if canImport(Darwin)
      descriptor = nil
    #else
      let made = WakeFile.make(queue, in: store)
      if made >= 0 { close(made) }
      let notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      if notifier >= 0, inotify_add_watch(notifier, store.wake(queue), UInt32(IN_MODIFY)) < 0 {
        close(notifier)
        descriptor = nil
      } else {
        descriptor = notifier >= 0 ? notifier : nil
      }
    #endif
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
