import Glibc

/// Finds the handler's executable as a shell would, and then in the current directory.
package enum HandlerLookup {
  package enum Answer: Equatable, Sendable {
    /// An absolute path. `here`: it was not on PATH but is `./NAME`, which the caller says once.
    case found([UInt8], here: Bool)
    case notFound
    /// It is there, but is a directory or lacks the x bit; its path.
    case notExecutable([UInt8])
  }

  /// - Parameters:
  ///   - name: with a `/` it is taken as it is.
  ///   - path: the value of PATH, or nil if unset: `/bin:/usr/bin`.
  package static func find(_ name: [UInt8], path: [UInt8]?) -> Answer {
    let slash = UInt8(ascii: "/")
    if name.isEmpty { return .notFound }
    if name.contains(slash) {
      switch kind(of: name) {
      case .executable: return .found(absolute(name), here: false)
      case .other: return .notExecutable(absolute(name))
      case .missing: return .notFound
      }
    }
    var refused: [UInt8]?
    let directories = (path ?? Array("/bin:/usr/bin".utf8))
      .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for directory in directories {
      // An empty entry is the current directory (POSIX).
      let candidate = directory.isEmpty ? name : directory + [slash] + name
      switch kind(of: candidate) {
      case .executable: return .found(absolute(candidate), here: false)
      case .other: refused = refused ?? absolute(candidate)
      case .missing: continue
      }
    }
    switch kind(of: name) {
    case .executable: return .found(absolute(name), here: true)
    case .other: refused = refused ?? absolute(name)
    case .missing: break
    }
    return refused.map(Answer.notExecutable) ?? .notFound
  }

  private enum Kind { case executable, other, missing }

  private static func kind(of path: [UInt8]) -> Kind {
    (path + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { path in
        guard let path = path.baseAddress else { return .missing }
        var status = stat()
        if stat(path, &status) != 0 { return errno == EACCES ? .other : .missing }
        guard status.st_mode & S_IFMT == S_IFREG else { return .other }
        // With the effective ids, as exec judges.
        return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? .executable : .other
      }
    }
  }

  private static func absolute(_ path: [UInt8]) -> [UInt8] {
    if path.first == UInt8(ascii: "/") { return path }
    guard let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    let bytes = UnsafeRawBufferPointer(start: directory, count: strlen(directory))
    let relative = path.starts(with: Array("./".utf8)) ? Array(path.dropFirst(2)) : path
    return [UInt8](bytes) + [UInt8(ascii: "/")] + relative
  }
}
