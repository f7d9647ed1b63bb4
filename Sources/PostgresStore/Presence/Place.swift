import Glibc
import QueueCore
import System

/// The local directory of a store on a server: locks, run records and control files of the workers here.
struct Place {
  /// Absolute.
  let directory: String
  /// The store's name, by which it is found.
  let store: UInt64

  /// What tells this place from every other machine's, container's and user's.
  let name: String

  /// Makes it, for this user alone: in `$XDG_RUNTIME_DIR`, or else a directory in `/tmp`. `store` is the store's
  /// name in every token.
  init(of store: UInt64) throws(StoreError) {
    self.store = store
    do throws(SystemError) {
      let home = try Self.home()
      directory = "\(home)/\(String(store, radix: 16))"
      try Directory.make(directory, mode: 0o700)
      let locks = try FileDescriptor(
        opening: directory + "/locks", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      let file = try locks.status(directory).identity
      name =
        "\(try ProcFiles.bootID()) \(try ProcFiles.pidNamespace()) \(file.device).\(file.inode) "
        + directory
    } catch {
      throw StoreError(
        .unusable,
        "cannot keep what shows who works here: cannot \(error.call) \(error.subject): \(error.reason)"
      )
    }
  }

  private static func home() throws(SystemError) -> String {
    if let runtime = getenv("XDG_RUNTIME_DIR"), runtime.pointee == UInt8(ascii: "/") {
      let path = String(cString: runtime) + "/q"
      if (try? Directory.make(path, mode: 0o700)) != nil { return path }
    }
    let path = "/tmp/q-\(geteuid())"
    try Directory.make(path, mode: 0o700)
    // Anybody may have made it, to see or to change what is in it.
    let status = try FileStatus(of: path, followingLinks: false)
    guard status.owner == geteuid(), status.mode & 0o077 == 0 else {
      throw SystemError("trust", path, code: EPERM)
    }
    return path
  }

  var locks: String { directory + "/locks" }

  var runs: RunsPlace { RunsPlace(directory: directory, locks: locks) }

  /// The page of a worker's proof; see ``Proof``.
  func proof(_ worker: WorkerID) -> String { "\(directory)/proof.\(worker.number)" }
}
