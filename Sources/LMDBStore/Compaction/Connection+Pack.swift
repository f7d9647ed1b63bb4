import LMDB
import OrderedStore
import QueueCore
import QueueLogic
import System

/// Copies of an environment.
extension Connection {
  /// What one transaction takes: its pages are kept in memory until it commits.
  private static let bytesATransaction = 64 << 20

  /// Bytes of the data file.
  var size: UInt64 {
    UInt64((try? FileStatus(of: environment.directory + "/data.mdb").size) ?? 0)
  }

  /// Writes all entries as of now, in order, into a new environment in a directory that is empty: its pages are full,
  /// however empty those of this one are. What is written is durable, but for the names of the files.
  ///
  /// LMDB's own compacting copy drops free pages and leaves the others as they are: of a store of a million items of
  /// which every tenth was left it made one 2.6 times as large as a fresh one.
  func pack(into directory: String, _ permissions: Permissions) throws {
    let packed = try Environment(directory: directory, options: .init(create: true))
    defer { packed.close() }
    for name in ["data.mdb", "lock.mdb"] { try permissions.give(toFile: directory + "/" + name) }
    let reading = try environment.beginRead()
    let source = LMDBTransaction(reading, databases, revision: reading.id, writes: false)
    for table in OrderedQueueStore.tables where databases[table.number] != nil {
      try Self.pack(table, from: source, into: packed)
    }
    withExtendedLifetime(reading.id) {}
  }

  private static func pack(
    _ table: Table, from source: LMDBTransaction, into packed: Environment
  ) throws {
    var (last, count, isThrough) = ([] as [UInt8], 0 as UInt64, false)
    while !isThrough {
      let transaction = try packed.beginWrite()
      var databases: [Database?] = Array(repeating: nil, count: OrderedQueueStore.tables.count)
      databases[table.number] = try transaction.createDatabase(named: "\(table.name)")
      let target = LMDBTransaction(transaction, databases, revision: 0, writes: true)
      var room = bytesATransaction
      isThrough = true
      try last.withUnsafeBytes { start in
        try source.scan(table, from: start) { key, value in
          if room <= 0 {
            isThrough = false
            return false
          }
          if key.elementsEqual(start) { return true }
          try target.put(value, for: key, in: table, append: true)
          count += 1
          room -= key.count + value.count + 16
          if room <= 0 { last = Array(key) }
          return true
        }
      }
      try transaction.commit()
    }
    guard try count == source.count(table) else {
      throw StoreError.unsound("\(table.name) has more entries, or fewer, than it says")
    }
  }
}
