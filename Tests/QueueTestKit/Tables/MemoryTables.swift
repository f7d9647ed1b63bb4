import Glibc
public import OrderedStore
public import QueueCore

/// An ordered store in memory, with real transactions, that fails where it is told to.
///
/// What it lends is taken away again as early as the contract allows, and overwritten. It counts the
/// round trips that an engine behind a network would make.
public final class MemoryTables: OrderedStore {
  struct Entry {
    var key: [UInt8]
    var value: [UInt8]
  }

  /// What all who use a store share.
  final class Contents {
    /// In the order of their numbers; nil for one that is missing.
    var tables: [[Entry]?]
    var revision: UInt64 = 1
    init(_ count: Int) { tables = Array(repeating: [], count: count) }
  }

  /// What goes wrong.
  public enum Fault: Hashable, Sendable {
    /// The call of that number, from 0, throws.
    case call(Int)
    /// The commit throws, and nothing is done.
    case deniedCommit
    /// The commit throws; whether it is done is not known to who asked for it.
    case unknownCommit(isDone: Bool)
  }

  /// What goes wrong in the next transactions.
  public var fault: Fault?
  /// Calls in transactions since this was last set to 0.
  public var calls = 0
  /// Round trips since this was last set to 0.
  public var roundTrips = 0
  /// Whether another process wants to write.
  public var isWanted = false
  /// Called when the writer's turn comes, before anything is seen: another may write.
  public var onTurn: () -> Void = {}
  /// The topics that were woken.
  public var woken: [UInt32] = []

  let contents: Contents
  private let clock: ManualClock

  /// A store without entries.
  public init(_ tables: [Table], clock: ManualClock) {
    contents = Contents(tables.count)
    self.clock = clock
  }

  /// The same store, as another process has it open.
  public init(sharing other: MemoryTables) {
    (contents, clock) = (other.contents, other.clock)
  }

  /// Takes a table away, as if it had never been made.
  public func drop(_ table: Table) { contents.tables[table.number] = nil }

  public var address: String { "memory" }
  public var now: Timestamp { clock.now }
  public var revision: UInt64 { contents.revision }

  public func read<Result>(
    _ body: (any OrderedReading) throws -> Result
  ) throws(StoreError) -> Result {
    let transaction = MemoryTransaction(
      self, contents.tables, revision: contents.revision, writes: false)
    defer { transaction.end() }
    do {
      roundTrips += 1
      return try body(transaction)
    } catch {
      throw error as? StoreError ?? StoreError(.inputOutput, "\(error)")
    }
  }

  public func write<Result>(
    _ body: (any OrderedWriting) throws -> Result
  ) throws(StoreError) -> Result {
    onTurn()
    let transaction = MemoryTransaction(
      self, contents.tables, revision: contents.revision + 1, writes: true)
    defer { transaction.end() }
    do {
      roundTrips += 1
      let result = try body(transaction)
      try commit(transaction)
      return result
    } catch {
      throw error as? StoreError ?? StoreError(.inputOutput, "\(error)")
    }
  }

  private func commit(_ transaction: MemoryTransaction) throws {
    roundTrips += 1
    if fault == .deniedCommit { throw StoreError(.inputOutput, "the commit was denied") }
    if fault != .unknownCommit(isDone: false), transaction.isChanged {
      contents.tables = transaction.tables
      contents.revision += 1
    }
    if case .unknownCommit = fault { throw StoreError(.commitUnknown, "the commit is unknown") }
  }

  /// Counts a call, which may be one that fails.
  func call() throws {
    defer { calls += 1 }
    if fault == .call(calls) { throw StoreError(.inputOutput, "call \(calls) failed") }
  }

  public func wake(_ topic: UInt32) { woken.append(topic) }
  public func watch(_ topic: UInt32) -> any QueueWatch { NoWatch() }
  public func forget(_ topic: UInt32) {}
}

extension [MemoryTables.Entry] {
  /// Where a key is, or would be.
  func place(of key: UnsafeRawBufferPointer) -> (index: Int, isThere: Bool) {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      let order = self[middle].compare(key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }
}

extension MemoryTables.Entry {
  fileprivate func compare(_ other: UnsafeRawBufferPointer) -> Int {
    key.withUnsafeBytes { key in
      guard let left = key.baseAddress, let right = other.baseAddress else {
        return key.count - other.count
      }
      let order = Int(memcmp(left, right, Swift.min(key.count, other.count)))
      return order == 0 ? key.count - other.count : order
    }
  }
}
