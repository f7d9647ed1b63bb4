import Glibc
import QueueCore

/// Stores on a PostgreSQL server are another program's, which needs libpq: this one becomes it.
struct PostgresProgram: StoreEngine {
  private static let name = "q-postgres"

  /// What a write beyond the limit of file sizes did when this program began.
  private let atLimit: sigaction

  init() {
    var atLimit = sigaction()
    sigaction(SIGXFSZ, nil, &atLimit)
    self.atLimit = atLimit
  }

  var schemes: [(name: String, place: String)] {
    [("postgres", "//HOST/DATABASE"), ("postgresql", "//HOST/DATABASE")]
  }

  var about: [(term: String, text: String)] { [] }

  func address(of place: String) -> String { "postgres:" + place }

  func open(_ place: String, _ opening: Opening) throws(StoreError) -> any PlacedStore {
    try become()
  }

  func repairPlace(_ place: String, trust: Bool) throws(StoreError) -> Repairs { try become() }

  /// The other program does it.
  func exitOnDamage(damaged: (message: String, status: Int32), unclear: String) {}

  /// Runs it in this one's place, with the same words. Nothing was read or written yet.
  private func become() throws(StoreError) -> Never {
    // This one has it ignored by now; the other remembers what handlers are to have.
    var atLimit = atLimit
    sigaction(SIGXFSZ, &atLimit, nil)
    let own = Self.ownDirectory()
    for path in ["\(own)/\(Self.name)", "\(own)/../libexec/q/\(Self.name)"] {
      execv(path, CommandLine.unsafeArgv)
      guard errno == ENOENT else {
        throw StoreError(
          .unusable, "cannot run \(path): \(String(cString: strerror(errno)))")
      }
    }
    throw StoreError(
      .unusable,
      "cannot use a PostgreSQL store: \(Self.name) is not beside q, nor in ../libexec/q: install the package "
        + "queue-directory-postgres")
  }

  private static func ownDirectory() -> String {
    guard let path = realpath("/proc/self/exe", nil) else { return "." }
    defer { free(path) }
    return String(cString: dirname(path))
  }
}
