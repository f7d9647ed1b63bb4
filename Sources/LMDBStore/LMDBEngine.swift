import LMDB
public import QueueCore
import QueueLogic

/// Stores in a directory of their own: `lmdb:DIR`, or just the directory.
public struct LMDBEngine: StoreEngine {
  /// The engine.
  public init() {}

  /// `lmdb`, and a directory.
  public var schemes: [(name: String, place: String)] { [("lmdb", "DIR")] }

  /// The formats of stores, and LMDB as it is linked.
  public var about: [(term: String, text: String)] {
    let (formats, options) = (OrderedQueueStore.formats, EnvironmentOptions())
    return [
      (
        "formats",
        "reads \(formats.lowerBound) to \(formats.upperBound), writes \(formats.upperBound)"
      ),
      (
        "lmdb",
        "\(Environment.libraryVersion), a store at most \(options.mapSize >> 40) TiB, "
          + "\(options.maximumReaders) readers at once"
      ),
    ]
  }

  /// The absolute path.
  public func address(of place: String) -> String { StoreDirectory(place).path }

  /// Opens the store in a directory; see ``StoreEngine``.
  public func open(_ place: String, _ opening: Opening) throws(StoreError) -> any PlacedStore {
    let store = try LMDBStore(place, opening)
    store.onUpgrade = opening.onUpgrade
    if store.wasCreated { opening.onCreate() }
    return store
  }

  /// Makes missing files again; see ``StoreDirectory/repairFiles(trust:)``.
  public func repairPlace(_ place: String, trust: Bool) throws(StoreError) -> Repairs {
    try StoreDirectory(place).repairFiles(trust: trust)
  }

  /// Where LMDB would die of SIGBUS or SIGSEGV; see ``StoreEngine``.
  public func exitOnDamage(damaged: (message: String, status: Int32), unclear: String) {
    DamageExit.install(
      damaged: DamageExit.Words(damaged.message + "\n", status: damaged.status),
      unclear: unclear + "\n")
  }
}
