import OrderedStore
import Postgres
import QueueCore
import QueueLogic

/// A transaction, as ``OrderedStore`` lends it. What it has fetched it knows until it ends; what it changes it
/// keeps, and sends together. Nobody else changes the store meanwhile: it has the writer's turn, or a snapshot.
final class PostgresTransaction: OrderedWriting {
  /// Entries of the first page that a scan fetches, and of the largest.
  private static let pages = (first: 64, largest: 4_096)
  /// From this size on what a look scans is not kept: it may be all there is.
  private static let largestKept = 256
  /// Answers that a look keeps of a table, and of those the ones that it keeps when it has too many.
  private static let kept = (most: 32, last: 2)
  /// Bytes that are kept of what was changed before it is sent.
  static let mostUnsent = 32 << 20

  let revision: UInt64
  private let send: ([Statement]) throws -> [Answer]
  private let layout: Layout
  /// Whether it changes the store.
  let writes: Bool
  private var tables: [KnownTable]
  private var arena = Arena()
  /// What was fetched, by the numbers of the tables, for as long as it is lent.
  private var answers: [[Answer]]
  /// Of looks: what a table was last asked for, to see who goes through it in order.
  private var streaks: [Streak]

  private struct Streak {
    var last: [UInt8] = []
    var length = 0
  }

  /// - Parameter send: one round trip: sends statements in this transaction, and gives back their answers.
  init(
    _ layout: Layout, revision: UInt64, writes: Bool,
    _ send: @escaping ([Statement]) throws -> [Answer]
  ) {
    (self.layout, self.revision, self.writes, self.send) = (layout, revision, writes, send)
    let count = OrderedQueueStore.tables.count
    tables = Array(repeating: KnownTable(), count: count)
    streaks = Array(repeating: Streak(), count: count)
    answers = Array(repeating: [], count: count)
  }

  // MARK: Reading

  func value(
    for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    if let known = tables[table.number].entry(key) { return known.value }
    if !writes, isStreak(key, table.number) {
      try fetchPage(from: key, pages(streaks[table.number].length), table.number)
      return tables[table.number].entry(key)?.value
    }
    let answer = try ask(layout[table].value.with(key), table.number)
    let value = answer.count > 0 ? answer.bytes(0, 0) : nil
    if writes || value != nil { tables[table.number].note(arena.copy(key), value) }
    return value
  }

  /// Whether somebody goes through a table in order: what comes next is worth fetching.
  private func isStreak(_ key: UnsafeRawBufferPointer, _ table: Int) -> Bool {
    let isNext = streaks[table].last.withUnsafeBytes { KnownTable.order($0, key) < 0 }
    streaks[table] = Streak(last: Array(key), length: isNext ? streaks[table].length + 1 : 0)
    return streaks[table].length > 1
  }

  private func pages(_ streak: Int) -> Int { min(Self.pages.first << min(streak, 4), 1_024) }

  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let number = table.number
    var (position, page) = (Array(key), Self.pages.first)
    var entries: [KnownTable.Entry] = []
    while true {
      let reach = position.withUnsafeBytes { tables[number].reach(of: $0) }
      if let reach {
        repeat {
          position.withUnsafeBytes {
            tables[number].entries(from: $0, through: reach, limit: 256, into: &entries)
          }
          for entry in entries {
            guard let value = entry.value else { continue }
            guard try body(entry.key, value) else { return }
          }
          if let last = entries.last { position = Array(last.key) + [0] }
        } while entries.count == 256
        if reach.isEmpty { return }
        position = reach + [0]
      } else if !writes, page > Self.largestKept {
        guard let next = try lendPage(from: position, page, number, body) else { return }
        position = next
        page = min(page * 2, Self.pages.largest)
      } else {
        try position.withUnsafeBytes { try fetchPage(from: $0, page, number) }
        page = min(page * 2, Self.pages.largest)
      }
    }
  }

  /// Lends a page of a long scan, and forgets it. Where the next one begins; nil when that was all that is wanted.
  private func lendPage(
    from key: [UInt8], _ limit: Int, _ table: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws -> [UInt8]? {
    let answer = try ask(
      key.withUnsafeBytes { layout[table].page.with($0).with(Int64(limit)) }, nil)
    return try withExtendedLifetime(answer) {
      for row in 0..<answer.count {
        guard let key = answer.bytes(row, 0), let value = answer.bytes(row, 1) else { continue }
        guard try body(key, value) else { return nil }
      }
      guard answer.count == limit, let last = answer.bytes(limit - 1, 0) else { return nil }
      return Array(last) + [0]
    }
  }

  private func fetchPage(from key: UnsafeRawBufferPointer, _ limit: Int, _ table: Int) throws {
    let answer = try ask(layout[table].page.with(key).with(Int64(limit)), table)
    note(answer, from: key, limit, table)
  }

  private func note(_ answer: Answer, from key: UnsafeRawBufferPointer, _ limit: Int, _ table: Int)
  {
    note(answer, table)
    let last = answer.count == limit ? answer.bytes(limit - 1, 0) : nil
    tables[table].noteRange(from: key, through: last)
  }

  private func note(_ answer: Answer, _ table: Int) {
    for row in 0..<answer.count {
      guard let key = answer.bytes(row, 0) else { continue }
      tables[table].note(key, answer.bytes(row, 1))
    }
  }

  func count(_ table: Table) throws -> UInt64 {
    let statements = takeChanges()
    if !statements.isEmpty { _ = try send(statements) }
    return UInt64(try ask(layout[table].count, nil).bytes(0, 0).map(Self.number) ?? 0)
  }

  private static func number(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  func prefetch(_ hints: () throws -> [Prefetch]) throws {
    let hints = try hints()
    var statements: [Statement] = []
    var notes: [(table: Int, note: (Answer) -> Void)] = []
    for hint in hints {
      switch hint {
      case .keys(let keys, let table):
        let number = table.number
        var list = BytesList(room: keys.count * 20)
        var asked: [[UInt8]] = []
        for key in keys where key.withUnsafeBytes({ tables[number].entry($0) }) == nil {
          key.withUnsafeBytes { list.append($0) }
          asked.append(key)
        }
        if asked.isEmpty { continue }
        statements.append(layout[table].values.with(list))
        notes.append(
          (
            number,
            { [self] answer in
              note(answer, number)
              for key in asked { key.withUnsafeBytes { noteMissing($0, number) } }
            }
          ))
      case .entries(let from, let limit, let table):
        let number = table.number
        if from.withUnsafeBytes({ tables[number].reach(of: $0) }) != nil { continue }
        statements.append(
          from.withUnsafeBytes { layout[table].page.with($0).with(Int64(limit)) })
        notes.append(
          (
            number,
            { [self] answer in from.withUnsafeBytes { note(answer, from: $0, limit, number) } }
          ))
      }
    }
    if statements.isEmpty { return }
    for (answer, note) in zip(try send(statements), notes) {
      keep(answer, note.table)
      note.note(answer)
    }
  }

  private func noteMissing(_ key: UnsafeRawBufferPointer, _ table: Int) {
    if tables[table].entry(key) == nil { tables[table].note(arena.copy(key), nil) }
  }

  /// Asks one thing; what a table is asked for stays.
  private func ask(_ statement: Statement, _ table: Int?) throws -> Answer {
    guard let answer = try send([statement]).first else {
      throw StoreError(.inputOutput, "the server gave no answer")
    }
    if let table { keep(answer, table) }
    return answer
  }

  private func keep(_ answer: Answer, _ table: Int) {
    if !writes, answers[table].count >= Self.kept.most {
      tables[table] = KnownTable()
      answers[table].removeFirst(answers[table].count - Self.kept.last)
    }
    answers[table].append(answer)
  }

  // MARK: Writing

  func put(
    _ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, in table: Table, append: Bool
  ) throws {
    tables[table.number].change(arena.copy(key), arena.copy(value))
    if arena.used > Self.mostUnsent { try sendChanges() }
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
    _ = try send([Statement(Schema.table(layout[table].name))])
  }

  /// Bytes of what was changed and not sent.
  var unsent: Int { arena.used }

  /// Whether anything was changed.
  private(set) var hasChanged = false

  /// What was changed since it was last asked for, to be sent.
  func takeChanges() -> [Statement] {
    var statements: [Statement] = []
    for number in tables.indices where tables[number].changes > 0 {
      let changes = tables[number].takeChanges()
      var gone = BytesList()
      var keys = BytesList()
      var values = BytesList()
      for entry in changes {
        if let value = entry.value {
          keys.append(entry.key)
          values.append(value)
        } else {
          gone.append(entry.key)
        }
      }
      if gone.count > 0 { statements.append(layout[number].delete.with(gone)) }
      if keys.count > 0 { statements.append(layout[number].put.with(keys).with(values)) }
    }
    if !statements.isEmpty { hasChanged = true }
    return statements
  }

  /// Sends what was changed, and forgets all that was lent: to be called by what changes something.
  private func sendChanges() throws {
    _ = try send(takeChanges())
    for table in tables.indices { (tables[table], answers[table]) = (KnownTable(), []) }
    arena = Arena()
  }
}
