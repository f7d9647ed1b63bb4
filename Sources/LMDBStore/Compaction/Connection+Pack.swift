import LMDB
import OrderedStore
import QueueCore
import QueueLogic
import System

/// Copies of an environment.
extension Connection {
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
    var packing = Packing(
      source: source, left: OrderedQueueStore.tables.filter { databases[$0.number] != nil })
    while !packing.left.isEmpty {
      let transaction = try packed.beginWrite()
      let none: [Database?] = Array(repeating: nil, count: databases.count)
      try packing.fill(LMDBTransaction(transaction, none, revision: 0, writes: true))
      try transaction.commit()
    }
    withExtendedLifetime(reading.id) {}
  }
}

/// How far an environment is packed.
private struct Packing {
  /// What one transaction takes: its pages are kept in memory until it commits.
  private static let bytesATransaction = 64 << 20

  let source: LMDBTransaction
  /// The first of them is being packed.
  var left: [Table]
  private var last: [UInt8] = []
  private var count: UInt64 = 0

  init(source: LMDBTransaction, left: [Table]) { (self.source, self.left) = (source, left) }

  /// Appends as much as one transaction takes.
  mutating func fill(_ target: LMDBTransaction) throws {
    var room = Self.bytesATransaction
    while room > 0, let table = left.first {
      try target.make(table)
      try append(table, to: target, &room)
      guard room > 0 else { return }
      guard try count == source.count(table) else {
        throw StoreError.unsound("\(table.name) has more entries, or fewer, than it says")
      }
      left.removeFirst()
      (last, count) = ([], 0)
    }
  }

  private mutating func append(
    _ table: Table, to target: LMDBTransaction, _ room: inout Int
  ) throws {
    let before = last
    try before.withUnsafeBytes { start in
      try source.scan(table, from: start) { key, value in
        if key.elementsEqual(start) { return true }
        try target.put(value, for: key, in: table, .last)
        count += 1
        room -= key.count + value.count + 16
        if room <= 0 { last = Array(key) }
        return room > 0
      }
    }
  }
}
