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

  /// How other commands are told where it is; ``address`` need not say all that leads there.
  var reference: String { get }

  /// Where this machine keeps what shows which of its handlers run.
  var runs: RunsPlace { get }

  /// What the store knows of a worker's life. Asked inside the transaction that takes a worker's claims, too: who is
  /// gone by then does not come back.
  func life(of worker: WorkerRecord) -> WorkerLife

  /// How this process's worker stands, for whichever thread asks.
  var standing: @Sendable () -> Standing { get }

  /// Derives again what can be derived from the rest of the store, in one transaction: others wait
  /// for it, or give up with `.busy`. A sound store is left as it is. What cannot be derived stays,
  /// to be found by the next audit. Throws `.busy` while a worker lives, or something that a worker
  /// started: what is claimed is theirs.
  func repair() throws(StoreError) -> Repairs

  /// The process may be about to wait for others, for its input or for a reader of its output: nobody who wants the
  /// store to himself for a moment waits for it meanwhile. To be called before such a wait, once.
  func mayWait()

  /// Gives the room of what is gone back to the file system. Whoever has the store open leaves it for the time
  /// being and comes back; what is claimed stays so. Throws `.busy`, with nothing changed, when others do not leave
  /// within `patience`; `.unusable` when stores of this engine have nothing to be compacted.
  func compact(within patience: Duration) throws(StoreError) -> Compaction

  /// Makes a copy of the store, as it is at one moment, at another place, while others go on with it. It is audited
  /// before it is there, and is a store of its own: it has no workers, what is claimed in this one is pending in it,
  /// as if it had never been claimed, and its tokens are others.
  ///
  /// Throws `.cannotCreate` when something is there, `.unsound` when the copy is not sound, `.unusable` when this
  /// engine copies none; then nothing is left of it.
  func copy(to place: String, compacting: Bool) throws(StoreError) -> StoreCopy
}

extension PlacedStore {
  /// The address says it.
  public var reference: String { address }

  /// All are of this machine.
  public func life(of worker: WorkerRecord) -> WorkerLife { .here }

  /// The kernel tells everybody who lives.
  public var standing: @Sendable () -> Standing { { .sure } }

  /// Where nobody wants a store to himself.
  public func mayWait() {}

  /// An engine that has nothing to compact says so.
  public func compact(within patience: Duration) throws(StoreError) -> Compaction {
    throw StoreError(.unusable, "cannot compact \(address): its engine gives room back by itself")
  }

  /// An engine that copies no store says so.
  public func copy(to place: String, compacting: Bool) throws(StoreError) -> StoreCopy {
    throw StoreError(.unusable, "cannot copy \(address): use the tools of its database")
  }
}

/// What came of a compaction.
public struct Compaction: Hashable, Sendable {
  /// Bytes of the store's data before and after.
  public var (before, after): (UInt64, UInt64)
  /// How long others stood still.
  public var took: Duration

  /// A compaction.
  public init(before: UInt64, after: UInt64, took: Duration) {
    (self.before, self.after, self.took) = (before, after, took)
  }
}

/// What came of a copy.
public struct StoreCopy: Hashable, Sendable {
  /// Where it is, as messages and other commands name it.
  public var address: String
  /// Its items.
  public var items: UInt64
  /// How many of them are claimed in the original.
  public var released: Int
  /// Bytes of its data.
  public var bytes: UInt64

  /// A copy.
  public init(address: String, items: UInt64, released: Int, bytes: UInt64) {
    (self.address, self.items, self.released, self.bytes) = (address, items, released, bytes)
  }
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
