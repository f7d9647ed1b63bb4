import Glibc
import QueueCore
import System

/// The files that a worker's handlers write to `$Q_CONTROL`: `control/<worker>/<run>` in the store.
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
    let mode = try FileStatus(of: store).mode
    for path in ["\(store)/control", Self.path(store, worker)] {
      try Directory.make(path, mode: mode)
    }
    directory = Array((Self.path(store, worker) + "/").utf8)
  }

  /// The file of one run.
  func path(_ run: RunName) -> [UInt8] { directory + run.text }

  /// What a run asked for; nil when it asked for nothing. `isWhole`: the handler ended by itself.
  func take(_ run: RunName, isWhole: Bool) throws(Control.Invalid) -> Control? {
    let path = String(decoding: path(run), as: UTF8.self)
    guard let file = try Self.open(path) else { return nil }
    defer { unlink(path) }
    guard let status = try? file.status(path), status.isRegular else { throw Self.unreadable }
    guard status.size <= Control.maximumLength else {
      throw Control.Invalid(line: 1, "it is over \(Control.maximumLength >> 20) MiB")
    }
    var reader = Control.Reader()
    var buffer = [UInt8](repeating: 0, count: min(status.size, Self.part))
    var left = status.size
    while left > 0 {
      let got = uninterrupted { read(file.number, &buffer, min(buffer.count, left)) }
      guard got > 0 else { throw Control.Invalid(line: 1, "it cannot be read") }
      try reader.read(buffer[..<got])
      left -= got
    }
    return try reader.finish(isWhole: isWhole)
  }

  private static let unreadable = Control.Invalid(line: 1, "it cannot be read as a file")

  private static func open(_ path: String) throws(Control.Invalid) -> FileDescriptor? {
    do throws(SystemError) {
      return try FileDescriptor.reading(path, O_NONBLOCK | O_NOFOLLOW)
    } catch {
      unlink(path)
      throw unreadable
    }
  }

  /// When the worker leaves, or has been recovered.
  static func remove(store: String, worker: UInt64) {
    let path = path(store, worker)
    guard rmdir(path) != 0, errno != ENOENT else { return }
    for name in Directory.names(in: path) { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  private static func path(_ store: String, _ worker: UInt64) -> String {
    "\(store)/control/\(worker)"
  }
}
