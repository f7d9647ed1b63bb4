import OrderedStore
import QueueCore

/// A transaction of ``MemoryTables``.
final class MemoryTransaction: OrderedWriting {
  private(set) var tables: [[MemoryTables.Entry]?]
  private(set) var isChanged = false
  let revision: UInt64
  private let store: MemoryTables
  private let writes: Bool
  /// What is lent: in one that writes until the next change.
  private var lent: [UnsafeMutableRawBufferPointer] = []
  /// In a look: the last value of each table, which stays until it is asked for another.
  private var last: [Int: UnsafeMutableRawBufferPointer] = [:]
  private var seen: Seen

  init(
    _ store: MemoryTables, _ tables: [[MemoryTables.Entry]?], revision: UInt64, writes: Bool
  ) {
    (self.store, self.tables, self.revision, self.writes) = (store, tables, revision, writes)
    seen = Seen(tables.count)
  }

  /// Takes back what was lent: who looks at it all the same sees nonsense.
  func end() {
    for bytes in lent + last.values { Self.takeBack(bytes) }
    (lent, last) = ([], [:])
  }

  private static func takeBack(_ bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0xa5)
    bytes.deallocate()
  }

  private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    copy.copyBytes(from: bytes)
    return copy
  }

  private func lend(_ bytes: [UInt8], of table: Table) -> UnsafeRawBufferPointer {
    let copy = Self.copy(bytes)
    if writes {
      lent.append(copy)
    } else if let old = last.updateValue(copy, forKey: table.number) {
      Self.takeBack(old)
    }
    return UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
  }

  /// Lends an entry of a scan: in a look it is good for as long as it is visited.
  private func lend(
    _ entry: MemoryTables.Entry,
    to body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws -> Bool {
    let (key, value) = (Self.copy(entry.key), Self.copy(entry.value))
    defer {
      if writes { lent += [key, value] } else { [key, value].forEach(Self.takeBack) }
    }
    return try body(
      UnsafeRawBufferPointer(rebasing: key[..<entry.key.count]),
      UnsafeRawBufferPointer(rebasing: value[..<entry.value.count]))
  }

  private func entries(_ table: Table) throws -> [MemoryTables.Entry] {
    guard let entries = tables[table.number] else {
      throw StoreError(.unsound, "the table \(table.name) is missing")
    }
    return entries
  }

  func make(_ table: Table) throws {
    try store.call()
    count(1)
    guard tables[table.number] == nil else { return }
    isChanged = true
    tables[table.number] = []
  }

  private func count(_ trips: Int) { store.roundTrips += trips }

  func value(
    for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    try store.call()
    precondition(1...511 ~= key.count, "a key of \(key.count) bytes")
    count(seen.look(at: Array(key), in: table.number))
    let entries = try entries(table)
    let (index, isThere) = entries.place(of: key)
    return isThere ? lend(entries[index].value, of: table) : nil
  }

  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    try store.call()
    let (from, all) = (Array(key), try entries(table))
    let start = all.place(of: key).index
    var last: [UInt8]?
    var visited = 0
    for entry in all[start...] {
      visited += 1
      last = entry.key
      let isLast = try !lend(entry, to: body)
      if isLast { break }
      last = nil
    }
    count(seen.scan(from: from, through: last, in: table.number, visited))
  }

  func count(_ table: Table) throws -> UInt64 {
    try store.call()
    count(1)
    return UInt64(try entries(table).count)
  }

  func prefetch(_ hints: () throws -> [Prefetch]) throws {
    try store.call()
    let hints = try hints()
    if hints.isEmpty { return }
    count(1)
    for hint in hints {
      switch hint {
      case .keys(let keys, let table), .near(let keys, let table): seen.add(keys, in: table.number)
      case .entries(let from, let limit, let table, let others):
        // What is not there need not be fetched.
        guard let all = tables[table.number] else { continue }
        let start = from.withUnsafeBytes { all.place(of: $0).index }
        let end = start + limit < all.count ? all[start + limit - 1].key : nil
        seen.add(from, end, in: table.number)
        let keys = all[start..<min(start + limit, all.count)].map(\.key)
        for other in others { seen.add(keys, in: other.number) }
      }
    }
  }

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table,
    _ hint: KeyHint
  ) throws {
    try store.call()
    precondition(1...511 ~= key.count, "a key of \(key.count) bytes")
    let entries = try entries(table)
    let (index, isThere) = entries.place(of: key)
    precondition(
      hint != .last || index == entries.count, "an appended key is not beyond all")
    if hint == .new, isThere {
      throw StoreError.unsound("a new key of the table \(table.name) is taken")
    }
    change(index, isThere, Array(key), Array(value), in: table)
  }

  func insert(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    try store.call()
    count(seen.look(at: Array(key), in: table.number))
    let (index, isThere) = try entries(table).place(of: key)
    if isThere { return lend(try entries(table)[index].value, of: table) }
    change(index, false, Array(key), Array(value), in: table)
    return nil
  }

  func delete(_ key: UnsafeRawBufferPointer, in table: Table) throws -> Bool {
    try store.call()
    count(seen.look(at: Array(key), in: table.number))
    let (index, isThere) = try entries(table).place(of: key)
    guard isThere else { return false }
    end()
    isChanged = true
    tables[table.number]?.remove(at: index)
    return true
  }

  private func change(
    _ index: Int, _ isThere: Bool, _ key: [UInt8], _ value: [UInt8], in table: Table
  ) {
    seen.add([key], in: table.number)
    end()
    isChanged = true
    let entry = MemoryTables.Entry(key: key, value: value)
    if isThere {
      tables[table.number]?[index] = entry
    } else {
      tables[table.number]?.insert(entry, at: index)
    }
  }
}

/// What of a store an engine behind a network would have at hand, in one transaction.
struct Seen {
  private var keys: [Set<[UInt8]>]
  /// Ranges of keys; without an end: to the end of the table.
  private var ranges: [[(from: [UInt8], through: [UInt8]?)]]
  /// Entries that one round trip brings.
  private static let page = 1_000

  init(_ tables: Int) {
    keys = Array(repeating: [], count: tables)
    ranges = Array(repeating: [], count: tables)
  }

  mutating func add(_ more: [[UInt8]], in table: Int) { keys[table].formUnion(more) }

  mutating func add(_ from: [UInt8], _ through: [UInt8]?, in table: Int) {
    ranges[table].append((from, through))
  }

  /// The round trips that a look at a key costs: 0 or 1.
  mutating func look(at key: [UInt8], in table: Int) -> Int {
    if keys[table].contains(key) || isCovered(key, key, in: table) { return 0 }
    keys[table].insert(key)
    return 1
  }

  /// The round trips of a scan, to the end of the table without a last key.
  mutating func scan(from: [UInt8], through: [UInt8]?, in table: Int, _ visited: Int) -> Int {
    if isCovered(from, through, in: table) { return 0 }
    add(from, through, in: table)
    return 1 + visited / Self.page
  }

  private func isCovered(_ from: [UInt8], _ through: [UInt8]?, in table: Int) -> Bool {
    ranges[table].contains { range in
      guard !from.lexicographicallyPrecedes(range.from) else { return false }
      guard let end = range.through else { return true }
      guard let through else { return false }
      return !end.lexicographicallyPrecedes(through)
    }
  }
}
