import Postgres
public import QueueCore
import QueueLogic

/// Stores on a server: `postgres://user@host/database?schema=q`.
public struct PostgresEngine: StoreEngine {
  private let guardProgram: String?

  /// The engine. `guardProgram`: see ``PostgresStore``.
  public init(guardProgram: String?) { self.guardProgram = guardProgram }

  /// Both names that libpq knows.
  public var schemes: [(name: String, place: String)] {
    [("postgres", "//HOST/DATABASE"), ("postgresql", "//HOST/DATABASE")]
  }

  /// libpq as it is linked.
  public var about: [(term: String, text: String)] {
    let version = Connection.libraryVersion
    return [("libpq", "\(version / 10_000).\(version % 10_000)")]
  }

  /// Without a password.
  public func address(of place: String) -> String {
    Address.shown(place)
  }

  /// Opens the store; see ``StoreEngine``.
  public func open(_ place: String, _ opening: Opening) throws(StoreError) -> any PlacedStore {
    let store = try PostgresStore(place, opening, guardProgram: guardProgram)
    store.onUpgrade = opening.onUpgrade
    if store.wasCreated { opening.onCreate() }
    return store
  }

  /// The server repairs its files itself.
  public func repairPlace(_ place: String, trust: Bool) throws(StoreError) -> Repairs { Repairs() }

  /// Nothing of the store is mapped here.
  public func exitOnDamage(damaged: (message: String, status: Int32), unclear: String) {}
}
