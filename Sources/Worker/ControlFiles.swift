import Glibc
import QueueCore

/// The files that a worker's handlers write to `$Q_CONTROL`: `control/<worker>/<token>` in the store.
///
/// None is there before its handler makes it. It is read once, after the handler was reaped, and
/// removed; those of a dead worker are removed unread.
struct ControlFiles: Sendable {
  /// How much of a file is read at a time, in bytes.
  private static let part = 64 * 1024

  /// With a slash at its end.
  private let directory: [UInt8]

  /// Makes the worker's directory.
  init(store: String, worker: UInt64) throws(SystemError) {
    for path in ["\(store)/control", Self.path(store, worker)] {
      try StoreMode.make(directory: path, like: store)
    }
    directory = Array((Self.path(store, worker) + "/").utf8)
  }

  /// The file of one run.
  func path(_ token: Token) -> [UInt8] { directory + Array(token.text.utf8) }

  /// What a run asked for; nil when it asked for nothing. `isWhole`: the handler ended by itself.
  func take(_ token: Token, isWhole: Bool) throws(Control.Invalid) -> Control? {
    let path = String(decoding: path(token), as: UTF8.self)
    let file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    if file < 0 && errno == ENOENT { return nil }
    defer {
      if file >= 0 { close(file) }
      unlink(path)
    }
    var status = stat()
    guard file >= 0, fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Control.Invalid(line: 1, "it cannot be read as a file")
    }
    guard status.st_size <= Control.maximumLength else {
      throw Control.Invalid(line: 1, "it is over \(Control.maximumLength >> 20) MiB")
    }
    var reader = Control.Reader()
    var buffer = [UInt8](repeating: 0, count: min(Int(status.st_size), Self.part))
    var left = Int(status.st_size)
    while left > 0 {
      let got = read(file, &buffer, min(buffer.count, left))
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw Control.Invalid(line: 1, "it cannot be read") }
      try reader.read(buffer[..<got])
      left -= got
    }
    return try reader.finish(isWhole: isWhole)
  }

  /// When the worker leaves, or has been recovered.
  static func remove(store: String, worker: UInt64) {
    let path = path(store, worker)
    guard rmdir(path) != 0, errno != ENOENT, let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      unlink("\(path)/\(name)")
    }
    closedir(directory)
    rmdir(path)
  }

  private static func path(_ store: String, _ worker: UInt64) -> String {
    "\(store)/control/\(worker)"
  }
}
