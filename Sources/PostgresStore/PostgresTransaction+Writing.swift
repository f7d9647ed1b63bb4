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
      let (new, old) = (Entries(), Entries())
      for entry in tables[number].takeChanges() {
        guard let value = entry.value else {
          gone.append(entry.key)
          continue
        }
        if entry.isNew { new.append(entry.key, value) } else { old.append(entry.key, value) }
      }
      let name = layout[number]
      if gone.count > 0 {
        lists.append(gone.encoded)
        parts.append("DELETE FROM \(name) WHERE key = ANY($\(lists.count)::bytea[])")
      }
      // Looking for what may be there takes as long as putting it.
      for (entries, end) in [
        (new, ""), (old, " ON CONFLICT (key) DO UPDATE SET value = excluded.value"),
      ]
      where entries.count > 0 {
        lists += entries.lists
        parts.append(
          "INSERT INTO \(name) SELECT * FROM unnest($\(lists.count - 1)::bytea[], "
            + "$\(lists.count)::bytea[])\(end)")
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

/// Keys with their values, as a statement takes them.
private final class Entries {
  private var keys = BytesList()
  private var values = BytesList()

  var count: Int { keys.count }
  var lists: [[UInt8]] { [keys.encoded, values.encoded] }

  func append(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    keys.append(key)
    values.append(value)
  }
}
