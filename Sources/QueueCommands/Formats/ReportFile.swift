import Glibc
import System

/// The file of the final report. A regular file is replaced whole, by a rename, where a link leads;
/// anything else (a pipe, a terminal, `/dev/stdout`) is written to as it is.
struct ReportFile {
  private let path: String
  private let isReplaced: Bool

  /// Throws when nothing could be written there: before the run, not after it.
  init(_ path: String) throws(CommandError) {
    guard !path.isEmpty, path != "-" else {
      throw CommandError(
        .usage, "--report needs a FILE: standard output is the handlers' (/dev/stderr is one)")
    }
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    self.path = resolved.map { String(cString: $0) } ?? path
    let status = try? FileStatus(of: path)
    isReplaced = status?.isRegular ?? true
    guard status?.isDirectory != true else {
      throw CommandError(.cannotCreate, "cannot write the report: \(path): it is a directory")
    }
    let place = isReplaced ? Self.directory(of: self.path) : path
    guard access(place, W_OK) == 0 else {
      throw CommandError(.cannotCreate, "cannot write the report: \(path): \(SystemError.reason())")
    }
  }

  func write(_ text: String) throws(CommandError) {
    let target = isReplaced ? path + ".\(getpid()).new" : path
    let create = isReplaced ? O_CREAT | O_EXCL : 0
    do throws(SystemError) {
      let file = try FileDescriptor(opening: target, O_WRONLY | create, mode: 0o666)
      do throws(SystemError) {
        try writeFully(Array((text + "\n").utf8), to: file.number)
        guard isReplaced else { return }
        guard fsync(file.number) == 0, rename(target, path) == 0 else {
          throw SystemError("rename")
        }
      } catch {
        if isReplaced { unlink(target) }
        throw error
      }
    } catch {
      throw CommandError(.inputOutput, "cannot write the report: \(path): \(error.reason)")
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
