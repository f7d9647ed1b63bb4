import LMDB
import OrderedStore
import QueueCore

/// A transaction of LMDB, as ``OrderedStore`` lends it; only for as long as that one lives.
final class LMDBTransaction: OrderedWriting {
  private let transaction: TransactionHandle
  let revision: UInt64
  /// In the order of the tables; nil for one that is missing.
  private(set) var databases: [Database?]
  /// Of a transaction that writes, by the tables' numbers: what follows one another lies together.
  @exclusivity(unchecked)
  private var cursors: [KeyedCursor?]

  /// - Parameter writes: whether it changes the store.
  init(
    _ transaction: borrowing some Transaction & ~Copyable, _ databases: [Database?],
    revision: UInt64, writes: Bool
  ) {
    self.revision = revision
    self.transaction = transaction.handle
    self.databases = databases
    cursors = writes ? Array(repeating: nil, count: databases.count) : []
  }

  @inline(__always)
  private func database(_ table: Table) throws -> Database {
    guard let database = databases[table.number] else {
      throw StoreError.unsound("the sub-database \(table.name) is missing")
    }
    return database
  }

  @inline(__always)
  private func cursor(_ table: Table) throws -> KeyedCursor {
    if let cursor = cursors[table.number] { return cursor }
    let cursor = try KeyedCursor(transaction, in: database(table))
    cursors[table.number] = cursor
    return cursor
  }

  func value(
    for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    cursors.isEmpty
      ? try transaction.value(for: key, in: database(table)) : try cursor(table).value(for: key)
  }

  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    var start = key
    // Most want one entry, and that near the last one. Others are lent by a cursor of their own: `body` may ask
    // for more of this table.
    let hasCursors = !cursors.isEmpty && !key.isEmpty
    if hasCursors {
      guard let first = try cursor(table).first(atLeast: key), try body(first.key, first.value)
      else { return }
      start = first.key
    }
    try transaction.withCursor(in: database(table)) { cursor throws in
      var entry = try start.isEmpty ? cursor.first() : cursor.seek(atLeast: start)
      if hasCursors { entry = try cursor.next() }
      while let found = entry, try body(found.key, found.value) { entry = try cursor.next() }
    }
  }

  func count(_ table: Table) throws -> UInt64 {
    UInt64(try transaction.statistics(of: database(table)).entries)
  }

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table,
    _ hint: KeyHint
  ) throws {
    try cursor(table).put(value, for: key, append: hint == .last)
  }

  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    switch try cursor(table).insert(value, for: key) {
    case .inserted: nil
    case .existing(let value): value
    }
  }

  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    try cursor(table).delete(key)
  }

  func make(_ table: Table) throws {
    guard databases[table.number] == nil else { return }
    databases[table.number] = try transaction.createDatabase(named: "\(table.name)")
  }
}

extension WriteTransaction {
  /// Commits; `path` is the store's, for what cannot be committed.
  consuming func commit(in path: String) throws(StoreError) {
    do {
      try commit()
    } catch {
      throw StoreError(
        .commitUnknown,
        "cannot commit: \(path): \(error.code)\(StoreError.advice(error.code.rawValue))")
    }
  }
}
