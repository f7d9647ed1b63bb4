import Glibc
import System

/// A file to read, or standard input. Open as long as it lives.
struct Input: ~Copyable {
  let descriptor: Int32
  let name: String

  /// Opens a file; `-` is standard input.
  init(_ path: String) throws(CommandError) {
    if path == "-" {
      descriptor = STDIN_FILENO
      name = "standard input"
      return
    }
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw Self.failure(path) }
    descriptor = opened
    name = path
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Throws unless the file can be read: before anything is enqueued.
  static func check(_ path: String) throws(CommandError) {
    if path != "-", access(path, R_OK) != 0 { throw failure(path) }
  }

  private static func failure(_ path: String) -> CommandError {
    let status: ExitStatus =
      switch errno {
      case ENOENT, ENOTDIR: .noInput
      case EACCES, EPERM: .permission
      default: .inputOutput
      }
    return CommandError(status, "cannot read \(path): \(SystemError.reason())")
  }
}
