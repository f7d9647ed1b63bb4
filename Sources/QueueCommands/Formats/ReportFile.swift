#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

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
    var status = stat()
    let exists = stat(path, &status) == 0
    isReplaced = !exists || status.st_mode & S_IFMT == S_IFREG
    guard !exists || status.st_mode & S_IFMT != S_IFDIR else {
      throw CommandError(.cannotCreate, "cannot write the report: \(path): it is a directory")
    }
    let place = isReplaced ? Self.directory(of: self.path) : path
    guard access(place, W_OK) == 0 else {
      throw CommandError(.cannotCreate, "cannot write the report: \(path): \(systemMessage())")
    }
  }

  func write(_ text: String) throws(CommandError) {
    let target = isReplaced ? path + ".\(getpid()).new" : path
    let create = isReplaced ? O_CREAT | O_EXCL : 0
    let descriptor = open(target, O_WRONLY | O_CLOEXEC | create, 0o666)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    do throws(CommandError) {
      try writeAll(Array((text + "\n").utf8), to: descriptor)
      guard isReplaced else { return }
      guard fsync(descriptor) == 0, rename(target, path) == 0 else { throw failure() }
    } catch {
      if isReplaced { unlink(target) }
      throw error
    }
  }

  private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(CommandError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let put = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { throw failure() }
      rest = rest.dropFirst(put)
    }
  }

  private func failure() -> CommandError {
    CommandError(.inputOutput, "cannot write the report: \(path): \(systemMessage())")
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
