/// A way to keep stores: opens those whose address begins with one of its schemes.
public protocol StoreEngine: Sendable {
  /// What addresses begin with, before a colon, and how the rest is called: "lmdb", "DIR".
  var schemes: [(name: String, place: String)] { get }

  /// What it keeps stores in, and what it can take: a word, and what is to be said of it.
  var about: [(term: String, text: String)] { get }

  /// The whole name of a place, whether or not something is there.
  func address(of place: String) -> String

  /// Opens the store at a place, as asked for.
  ///
  /// Throws `.noStore`, `.cannotCreate`, `.unusable`, `.unsound`, `.formatVersion`, `.permission`,
  /// `.untrusted`, `.busy`.
  func open(_ place: String, _ opening: Opening) throws(StoreError) -> any PlacedStore

  /// Makes again what a store needs before it can be opened and what follows from the rest of it.
  /// Throws as `open` does.
  func repairPlace(_ place: String, trust: Bool) throws(StoreError) -> Repairs

  /// Has the process end with these words, and a status, where a damaged store leaves no way to throw.
  /// Where that happens elsewhere it says `unclear`, and dies of it. To be called before a store is opened.
  func exitOnDamage(damaged: (message: String, status: Int32), unclear: String)
}

/// How a store is to be opened.
public struct Opening {
  /// Makes the store first if there is none.
  public var create = false
  /// Permissions of a directory that is made for it.
  public var mode: UInt32 = 0o700
  /// Also a store of another user that is not shared by a group of this one.
  public var trust = false
  /// Told when opening has made the store.
  public var onCreate: () -> Void = {}
  /// Told, once, that a write has made a store of an older format version one of this program's.
  public var onUpgrade: (_ from: UInt32, _ to: UInt32) -> Void = { _, _ in }

  /// Of a store that is there, and one's own.
  public init() {}
}

/// A store that was opened at a place.
public protocol PlacedStore: TransferableStore {
  /// Where it is, as messages and other commands name it.
  var address: String { get }

  /// The store's name in every token; a copy of the store has another.
  var incarnation: UInt64 { get }

  /// Where this machine keeps what shows which of its handlers run.
  var runs: RunsPlace { get }

  /// Derives again what can be derived from the rest of the store, in one transaction: others wait
  /// for it, or give up with `.busy`. A sound store is left as it is. What cannot be derived stays,
  /// to be found by the next audit. Throws `.busy` while a worker lives, or something that a worker
  /// started: what is claimed is theirs.
  func repair() throws(StoreError) -> Repairs
}

/// Where a machine keeps what shows which handlers run.
public struct RunsPlace: Hashable, Sendable {
  /// A directory with what the runs were when they started, and the files they ask for things with.
  public var directory: String
  /// The file whose locked bytes show which workers, runs and fillings of batches live.
  public var locks: String

  /// A place.
  public init(directory: String, locks: String) {
    self.directory = directory
    self.locks = locks
  }
}
