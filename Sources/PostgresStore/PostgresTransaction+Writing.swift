import OrderedStore
import Postgres
import QueueCore

extension PostgresTransaction: OrderedWriting {
  /// Bytes that are kept of what was changed before it is sent.
  private static let mostUnsent = 32 << 20

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table,
    _ hint: KeyHint
  ) throws {
    if !tables[table.number].change(arena.copy(key), arena.copy(value), isNew: hint != .none) {
      throw StoreError.unsound("a new key of the table \(layout[table]) is taken")
    }
    if arena.used > Self.mostUnsent { try forgetAll() }
  }

  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    if let there = try self.value(for: key, in: table) { return there }
    try put(value, for: key, in: table, .new)
    return nil
  }

  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    guard try value(for: key, in: table) != nil else { return false }
    _ = tables[table.number].change(arena.copy(key), nil)
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
      let changes = tables[number].takeChanges()
      let name = layout[number]
      if !changes.gone.isEmpty {
        lists.append(Self.list(changes.gone, \.key))
        parts.append("DELETE FROM \(name) WHERE key = ANY($\(lists.count)::bytea[])")
      }
      if !changes.ranges.isEmpty {
        lists += [Self.list(changes.ranges, \.first.key), Self.list(changes.ranges, \.last.key)]
        parts.append(
          "DELETE FROM \(name) USING unnest($\(lists.count - 1)::bytea[], "
            + "$\(lists.count)::bytea[]) AS range (low, high) WHERE key >= low AND key <= high")
      }
      // Looking for what may be there takes as long as putting it.
      for (entries, end) in [
        (changes.new, ""),
        (changes.old, " ON CONFLICT (key) DO UPDATE SET value = excluded.value"),
      ]
      where !entries.isEmpty {
        lists += [Self.list(entries, \.key), Self.list(entries) { $0.value ?? $0.key }]
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

  private static func list<Some>(
    _ all: [Some], _ bytes: (Some) -> UnsafeRawBufferPointer
  ) -> [UInt8] {
    var list = BytesList(room: all.count * 20)
    for some in all { list.append(bytes(some)) }
    return list.encoded
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
