import LMDB

/// Sees a store as it is now, as long as it lives: pages of that state are not used again, and every
/// commit needs more room. The store's one user in this process.
final class PinnedReader {
  private let environment: Environment
  private let transaction: ReadTransaction

  init(_ store: String) throws {
    environment = try Environment(directory: store + "/env.0")
    transaction = try environment.beginRead()
  }
}
