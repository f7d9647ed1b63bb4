import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The file that is touched when a queue changes.
enum WakeFile {
  /// Touches it, and makes it if need be. A failure costs a waiting worker at most its safety poll.
  static func touch(_ path: String) {
    let descriptor = make(path)
    guard descriptor >= 0 else { return }
    var byte: UInt8 = 1
    _ = pwrite(descriptor, &byte, 1, 0)
    close(descriptor)
  }

  /// Opens it; makes it, and the directory it is in, if they are missing.
  fileprivate static func make(_ path: String) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor < 0, errno == ENOENT, let slash = path.lastIndex(of: "/"),
      mkdir(String(path[..<slash]), 0o700) == 0
    else { return descriptor }
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
  }

  /// Removes that of a queue which is gone.
  static func remove(_ path: String) { unlink(path) }
}

/// Watches a queue's wake file: inotify on Linux; elsewhere there is no descriptor, and the worker
/// polls.
final class WakeWatch: QueueWatch {
  let descriptor: Int32?

  init(_ path: String) {
    #if canImport(Darwin)
      descriptor = nil
    #else
      let made = WakeFile.make(path)
      if made >= 0 { close(made) }
      let notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      if notifier >= 0, inotify_add_watch(notifier, path, UInt32(IN_MODIFY)) < 0 {
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
