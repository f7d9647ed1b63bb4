import Glibc
import QueueCore
import System

/// The files of a store and where they are.
///
/// ```
/// STORE/current          the name of the environment in use: "env.0"; without it there is no store yet
/// STORE/env.0/           data.mdb, lock.mdb; env.1 after a compaction, and so on
/// STORE/guard            held while a store is made and while an environment is opened or closed; empty
///                        until the store's name is durable
/// STORE/gate             held, shared, while one is open; alone while another takes its place
/// STORE/writer           held by the process that is writing
/// STORE/locks            the bytes that show which workers and runs live
/// STORE/control/WORKER   what a worker's handlers ask for, a file a claim
/// STORE/runs/WORKER      what a worker's handlers were when they started
/// STORE/wake/QUEUE       touched when something may be claimed
/// ```
///
/// The directory itself may be reached through links. In it none is followed: whoever could put one there
/// would have others write to files of theirs.
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

  /// The file whose locked bytes show which workers, runs and fillings of batches live.
  public var locks: String { path + "/locks" }
  /// The directory of the workers' run records.
  public var runs: String { path + "/runs" }
  var current: String { path + "/current" }
  var `guard`: String { path + "/guard" }
  var gate: String { path + "/gate" }
  var writer: String { path + "/writer" }
  var wakes: String { path + "/wake" }
  var control: String { path + "/control" }
  /// All directories in a store but the environment's.
  var directories: [String] { [wakes, runs, control] }
  func wake(_ queue: UInt32) -> String { wakes + "/\(queue)" }

  /// The directory of the environment in use. Throws `.noStore`, or `.unusable` when something
  /// else is there, or `.unsound`.
  func environment() throws(StoreError) -> String {
    switch try contents() {
    case .environment(let name):
      let environment = path + "/" + name
      for place in [environment] + directories { try refuseLink(place) }
      return environment
    case .nothing(let why):
      throw StoreError(.noStore, "no store: \(path): \(why)")
    case .something:
      throw StoreError(
        .unusable, "not a store: \(path): it has other contents; name another directory")
    }
  }

  /// The names in the store's directory, but `.` and `..`.
  var names: [String] { Directory.names(in: path) }
}
