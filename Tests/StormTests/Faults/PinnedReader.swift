import LMDB

/// Sees a store as it is now, as long as it lives: pages of that state are not used again, and every
/// commit needs more room. The store's one user in this process.
final class PinnedReader {
  private let environment: Environment
  private let transaction: ReadTransaction
  private var others: [Other] = []

  private final class Other {
    let transaction: ReadTransaction
    init(_ environment: Environment) throws(LMDBError) { transaction = try environment.beginRead() }
  }

  init(_ store: String) throws {
    environment = try Environment(directory: store + "/env.0")
    transaction = try environment.beginRead()
  }

  /// Reads on every place for a reader that is left, and says how many those were.
  func takeAllPlaces() throws -> Int {
    do throws(LMDBError) {
      while true { others.append(try Other(environment)) }
    } catch {
      guard error.code == .readersFull else { throw error }
    }
    return others.count
  }
}
