import OrderedStore
import Postgres
import QueueCore

extension PostgresTransaction: OrderedWriting {
  /// Bytes that are kept of what was changed before it is sent.
  private static let mostUnsent = 32 << 20

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table, append: Bool
  ) throws {
    tables[table.number].change(arena.copy(key), arena.copy(value))
    if arena.used > Self.mostUnsent { try forgetAll() }
  }

  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    if let there = try self.value(for: key, in: table) { return there }
    try put(value, for: key, in: table, append: false)
    return nil
  }

  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    guard try value(for: key, in: table) != nil else { return false }
    tables[table.number].change(arena.copy(key), nil)
    return true
  }

  func make(_ table: Table) throws {
    try begin()
    _ = try run([Statement(Schema.table(layout[table]))])
  }

  /// Bytes of what was changed and not sent.
  var unsent: Int { arena.used }

  /// What was changed since it was last asked for, as one statement, with `last`, which changes something else; nil:
  /// nothing was changed. Each table's keys are given once: one goes, or is put.
  func takeChanges(and last: String? = nil) -> Statement? {
    var parts: [String] = []
    var lists: [[UInt8]] = []
    for number in tables.indices where tables[number].changes > 0 {
      var gone = BytesList()
      var keys = BytesList()
      var values = BytesList()
      for entry in tables[number].takeChanges() {
        if let value = entry.value {
          keys.append(entry.key)
          values.append(value)
        } else {
          gone.append(entry.key)
        }
      }
      let name = layout[number]
      if gone.count > 0 {
        lists.append(gone.encoded)
        parts.append("DELETE FROM \(name) WHERE key = ANY($\(lists.count)::bytea[])")
      }
      if keys.count > 0 {
        lists += [keys.encoded, values.encoded]
        parts.append(
          "INSERT INTO \(name) SELECT * FROM unnest($\(lists.count - 1)::bytea[], "
            + "$\(lists.count)::bytea[]) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      }
    }
    if !parts.isEmpty { hasChanged = true }
    if let last { parts.append(last) }
    guard let end = parts.popLast() else { return nil }
    let others = parts.enumerated().map { "c\($0) AS (\($1))" }.joined(separator: ", ")
    var statement = Statement(others.isEmpty ? end : "WITH \(others) \(end)")
    for list in lists { statement = statement.with(encoded: list) }
    return statement
  }

  func count(_ table: Table) throws -> UInt64 {
    try sendChanges()
    return UInt64(try ask(Statement("SELECT count(*) FROM \(layout[table])"))?.integer(0, 0) ?? 0)
  }

  /// Sends what was changed. What is lent stays.
  func sendChanges() throws {
    try begin()
    if let changes = takeChanges() { _ = try run([changes]) }
  }

  /// Sends what was changed, and forgets all that was lent: to be called by what changes something.
  private func forgetAll() throws {
    try sendChanges()
    for table in tables.indices { (tables[table], answers[table]) = (KnownTable(), []) }
    arena = Arena()
  }
}
