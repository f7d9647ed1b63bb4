import OrderedStore
import Postgres
import QueueCore
import QueueLogic

/// A transaction, as ``OrderedStore`` lends it. What it has fetched it knows until it ends; what it changes it
/// keeps, and sends together. Nobody else changes the store meanwhile: it has the writer's turn, or a snapshot.
final class PostgresTransaction {
  /// One round trip: asks this, after statements that change something. The first one begins the transaction.
  typealias Exchange = (PostgresTransaction, Requests) throws -> Answer?

  /// Entries of the first page that a scan fetches, and of the largest.
  private static let pages = (first: 64, largest: 4_096)
  /// From this size on what a look scans is not kept: it may be all there is.
  private static let largestKept = 256
  /// Answers that a look keeps of a table, and of those the ones that it keeps when it has too many.
  private static let kept = (most: 32, last: 2)

  let layout: Layout
  /// Whether it changes the store.
  let writes: Bool
  /// nil: it has not begun yet.
  private var begun: UInt64?
  let run: ([Statement]) throws -> [Answer]
  private let exchange: Exchange
  var tables: [KnownTable]
  var arena = Arena()
  /// What was fetched, by the numbers of the tables, for as long as it is lent.
  var answers: [[Answer]]
  /// Whether anything was changed.
  var hasChanged = false
  /// What else is set in the row of writers at its end.
  var also = ""
  /// What it asks one by one.
  private(set) var habits: Habits
  /// Of looks: what a table was last asked for, to see who goes through it in order.
  private var streaks: [Streak]

  private struct Streak {
    var last: [UInt8] = []
    var length = 0
  }

  /// - Parameters:
  ///   - habits: what is asked when it begins.
  ///   - run: sends statements in this transaction, which has begun.
  init(
    _ layout: Layout, writes: Bool, _ habits: Habits,
    run: @escaping ([Statement]) throws -> [Answer], _ exchange: @escaping Exchange
  ) {
    (self.layout, self.writes, self.habits) = (layout, writes, habits)
    (self.run, self.exchange) = (run, exchange)
    let count = OrderedQueueStore.tables.count
    tables = Array(repeating: KnownTable(), count: count)
    streaks = Array(repeating: Streak(), count: count)
    answers = Array(repeating: [], count: count)
  }

  /// It has begun, and sees this revision.
  func begin(revision: UInt64) { begun = revision }

  /// Has it begin, if nothing was asked yet.
  func begin() throws { if begun == nil { try fetch([]) } }

  var revision: UInt64 {
    try? begin()
    return begun ?? 0
  }

  // MARK: Single keys

  func value(
    for key: UnsafeRawBufferPointer, in table: Table
  ) throws -> UnsafeRawBufferPointer? {
    let number = table.number
    habits.used(key, number)
    if let known = tables[number].entry(key) { return known.value }
    if !writes, isStreak(key, number) {
      try fetch([.page(from: key, pages(streaks[number].length), number)])
    } else {
      habits.missed(key, number)
      try fetch([.key(key, number)])
    }
    return tables[number].entry(key)?.value
  }

  /// Whether somebody goes through a table in order: what comes next is worth fetching.
  private func isStreak(_ key: UnsafeRawBufferPointer, _ table: Int) -> Bool {
    let isNext = streaks[table].last.withUnsafeBytes { KnownTable.order($0, key) < 0 }
    streaks[table] = Streak(last: Array(key), length: isNext ? streaks[table].length + 1 : 0)
    return streaks[table].length > 1
  }

  private func pages(_ streak: Int) -> Int { min(Self.pages.first << min(streak, 4), 1_024) }

  // MARK: Scans

  func scan(
    _ table: Table, from key: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let number = table.number
    var (position, page) = (Array(key), Self.pages.first)
    habits.used(key, number, isPage: true)
    while true {
      if let reach = position.withUnsafeBytes({ tables[number].reach(of: $0) }) {
        guard try lendKnown(from: position, through: reach, number, body), !reach.isEmpty else {
          return
        }
        position = reach + [0]
      } else if !writes, page > Self.largestKept {
        guard let next = try lendPage(from: position, page, number, body) else { return }
        position = next
        page = min(page * 2, Self.pages.largest)
      } else {
        try position.withUnsafeBytes { key in
          habits.missed(key, number, limit: page)
          try fetch([.page(from: key, page, number)])
        }
        page = min(page * 2, Self.pages.largest)
      }
    }
  }

  /// Lends what is known up to a key; whether more is wanted. `body` may ask for more of this table.
  private func lendKnown(
    from key: [UInt8], through reach: [UInt8], _ table: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws -> Bool {
    let part = 256
    var (position, entries) = (key, [] as [KnownTable.Entry])
    let held = answers[table]
    defer { withExtendedLifetime(held) {} }
    repeat {
      position.withUnsafeBytes {
        tables[table].entries(from: $0, through: reach, limit: part, into: &entries)
      }
      for entry in entries {
        guard let value = entry.value else { continue }
        guard try body(entry.key, value) else { return false }
      }
      if let last = entries.last { position = Array(last.key) + [0] }
    } while entries.count == part
    return true
  }

  /// Lends a page of a long scan, and forgets it. Where the next one begins; nil when that was all that is wanted.
  private func lendPage(
    from key: [UInt8], _ limit: Int, _ table: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws -> [UInt8]? {
    let request = Request(table: table, kind: .page(from: key, limit: limit))
    guard let answer = try exchange(self, Requests([request])) else { return nil }
    return try withExtendedLifetime(answer) {
      for row in 0..<answer.count {
        guard answer.integer(row, 0) == 0, let key = answer.bytes(row, 1),
          let value = answer.bytes(row, 2)
        else { continue }
        guard try body(key, value) else { return nil }
      }
      guard answer.count >= limit, let last = answer.bytes(limit - 1, 1) else { return nil }
      return Array(last) + [0]
    }
  }

  func require(_ tables: [Table]) throws {
    guard let answer = try ask(layout.missing) else { return }
    let missing = Set((0..<answer.count).compactMap { answer.text($0, 0) })
    if let table = tables.first(where: { missing.contains(layout[$0]) }) {
      throw StoreError.unsound("the table \(layout[table]) is missing")
    }
  }

  func ask(_ statement: Statement) throws -> Answer? {
    try begin()
    return try run([statement]).first
  }

  // MARK: Fetching

  func prefetch(_ hints: () throws -> [Prefetch]) throws {
    var requests: [Request] = []
    for hint in try hints() {
      switch hint {
      case .keys(let keys, let table):
        let missing = missing(keys, table.number)
        if !missing.isEmpty { requests.append(Request(table: table.number, kind: .keys(missing))) }
      case .near(let keys, let table):
        let missing = missing(keys, table.number)
        if !missing.isEmpty { requests.append(.near(missing, table.number)) }
      case .entries(let from, let limit, let table, let others):
        let others = others.map(\.number)
        let isKnown = from.withUnsafeBytes { key in
          habits.used(key, table.number, isPage: true)
          return tables[table.number].reach(of: key) != nil
        }
        if isKnown { continue }
        from.withUnsafeBytes { habits.missed($0, table.number, limit: limit, with: others) }
        requests.append(
          Request(table: table.number, kind: .page(from: from, limit: limit), others: others))
      }
    }
    if !requests.isEmpty { try fetch(requests) }
  }

  private func missing(_ keys: [[UInt8]], _ table: Int) -> [[UInt8]] {
    let isOne = keys.count == 1
    return keys.filter { key in
      key.withUnsafeBytes { bytes in
        if isOne { habits.used(bytes, table) }
        let isMissing = tables[table].entry(bytes) == nil
        if isOne, isMissing { habits.missed(bytes, table) }
        return isMissing
      }
    }
  }

  /// Asks all of it in one round trip; with the first one, what is usual.
  private func fetch(_ requests: [Request]) throws {
    var all = Requests(requests)
    if begun == nil { all.add(habits.requests(without: requests)) }
    guard let answer = try exchange(self, all) else { return }
    for table in Set(all.all.flatMap { [$0.table] + $0.others }) { keep(answer, table) }
    note(answer, all)
  }

  private func note(_ answer: Answer, _ requests: Requests) {
    var found = Array(repeating: 0, count: requests.all.count)
    var last: [UnsafeRawBufferPointer?] = Array(repeating: nil, count: requests.all.count)
    Requests.read(answer) { place, other, key, value in
      if let other { return tables[requests.all[place].others[other]].note(key, value) }
      found[place] += 1
      last[place] = key
      tables[requests.all[place].table].note(key, value)
    }
    for (place, request) in requests.all.enumerated() {
      let table = request.table
      switch request.kind {
      case .page(let from, let limit):
        from.withUnsafeBytes {
          tables[table].noteRange(from: $0, through: found[place] == limit ? last[place] : nil)
        }
      case .near(let span) where found[place] < span.limit:
        span.first.withUnsafeBytes { first in
          span.last.withUnsafeBytes { tables[table].noteRange(from: first, through: $0) }
        }
      case .near(let span): noteMissing(span.keys, table)
      case .keys(let keys): if found[place] < keys.count { noteMissing(keys, table) }
      }
    }
  }

  private func noteMissing(_ keys: [[UInt8]], _ table: Int) {
    for key in keys {
      key.withUnsafeBytes { bytes in
        if tables[table].entry(bytes) == nil { tables[table].note(arena.copy(bytes), nil) }
      }
    }
  }

  private func keep(_ answer: Answer, _ table: Int) {
    if !writes, answers[table].count >= Self.kept.most {
      tables[table] = KnownTable()
      answers[table].removeFirst(answers[table].count - Self.kept.last)
    }
    answers[table].append(answer)
  }
}
