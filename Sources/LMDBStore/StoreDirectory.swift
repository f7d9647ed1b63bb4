import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The files of a store and where they are.
///
/// ```
/// STORE/current          the name of the environment in use: "env.0"
/// STORE/env.0/           data.mdb, lock.mdb
/// STORE/guard            held while an environment is opened or closed; empty until the store's name
///                        is durable
/// STORE/gate             held, shared, while one is open: compaction takes it alone
/// STORE/writer           held by the process that is writing
/// STORE/locks            the bytes that show which workers and runs live
/// STORE/control/WORKER   what a worker's handlers ask for, a file a claim
/// STORE/runs/WORKER      what a worker's handlers were when they started
/// STORE/wake/QUEUE       touched when something may be claimed
/// ```
public struct StoreDirectory: Sendable {
  /// The absolute path.
  public let path: String

  /// The store at `path`, which is made absolute; nothing is opened. Slashes and `/.` at its end
  /// are dropped: the parent directory is found from it.
  public init(_ path: String) {
    var absolute = path
    if !path.hasPrefix("/") {
      let here = getcwd(nil, 0)
      defer { free(here) }
      absolute = (here.map { String(cString: $0) } ?? ".") + "/" + path
    }
    while absolute.utf8.count > 1, absolute.hasSuffix("/") || absolute.hasSuffix("/.") {
      absolute.removeLast()
    }
    self.path = absolute
  }

  /// The file whose locked bytes show which workers and runs live.
  public var locks: String { path + "/locks" }
  /// The directory of the workers' run records.
  public var runs: String { path + "/runs" }
  var current: String { path + "/current" }
  var `guard`: String { path + "/guard" }
  var gate: String { path + "/gate" }
  var writer: String { path + "/writer" }
  func wake(_ queue: UInt32) -> String { path + "/wake/\(queue)" }

  /// The directory of the environment in use. Throws `.noStore`, or `.unusable` when something
  /// else is there.
  func environment() throws(StoreError) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw .system(errno, "open", path) }
      throw StoreError(.noStore, "no store: \(path): q-enqueue makes one")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw StoreError(
        .unusable, "not a store: \(path): it is a file; a store is a directory")
    }
    guard let name = Self.read(current) else {
      guard errno == ENOENT else { throw .system(errno, "read", current) }
      if access(self.guard, F_OK) == 0 {
        throw StoreError(
          .unsound,
          "the store is damaged: \(current) is missing, which names the directory of the data: "
            + "q-check --repair")
      }
      if isEmpty { throw StoreError(.noStore, "no store: \(path): the directory is empty") }
      throw StoreError(
        .unusable, "not a store: \(path): it has other contents; name another directory")
    }
    let text = String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard text.hasPrefix("env."), !text.contains("/") else {
      throw StoreError(.unusable, "not a store: \(path): the file current does not name one")
    }
    return path + "/" + text
  }

  var isEmpty: Bool {
    guard let directory = opendir(path) else { return false }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        Array(bytes.prefix { $0 != 0 })
      }
      if name != Array(".".utf8) && name != Array("..".utf8) { return false }
    }
    return true
  }

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    return count < 0 ? nil : Array(buffer[..<count])
  }
}
