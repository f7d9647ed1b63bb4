import LMDB
import OrderedStore
import QueueCore

/// A transaction of LMDB, as ``OrderedStore`` lends it; only for as long as that one lives.
final class LMDBTransaction: OrderedWriting {
  private let transaction: TransactionHandle
  /// In the order of the tables; nil for one that is missing.
  private(set) var databases: [Database?]

  init(_ transaction: borrowing some Transaction & ~Copyable, _ databases: [Database?]) {
    self.transaction = transaction.handle
    self.databases = databases
  }

  @inline(__always)
  private func database(_ table: Table) throws -> Database {
    guard let database = databases[table.number] else {
      throw StoreError.unsound("the sub-database \(table.name) is missing")
    }
    return database
  }

  var revision: UInt64 { transaction.id }

  func value(
    for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    try transaction.value(for: key, in: database(table))
  }

  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    try transaction.withCursor(in: database(table)) { cursor throws in
      var entry = try key.isEmpty ? cursor.first() : cursor.seek(atLeast: key)
      while let found = entry, try body(found.key, found.value) { entry = try cursor.next() }
    }
  }

  func count(_ table: Table) throws -> UInt64 {
    UInt64(try transaction.statistics(of: database(table)).entries)
  }

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table, append: Bool
  ) throws {
    try transaction.put(value, for: key, in: database(table), append: append)
  }

  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    switch try transaction.insert(value, for: key, in: database(table)) {
    case .inserted: nil
    case .existing(let value): value
    }
  }

  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    try transaction.delete(key, in: database(table))
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
