import Glibc

/// What a transaction knows of a table: what it has fetched, what it has changed, and between which keys it knows
/// all that there is.
struct KnownTable {
  struct Entry {
    var key: UnsafeRawBufferPointer
    /// nil: the key is not there.
    var value: UnsafeRawBufferPointer?
    /// Changed, and not sent yet.
    var isChanged: Bool
    /// Of a changed one: the server has none of this key, for sure.
    var isNew = false
  }

  /// From one key through another; without an end to the end of the table.
  private struct Range {
    var from: [UInt8]
    var through: [UInt8]?
  }

  private static let mostInChunk = 256

  /// In the order of the keys; none is empty.
  private var chunks: [[Entry]] = []
  /// Apart from each other, in their order.
  private var ranges: [Range] = []
  /// How many entries were changed and not sent yet.
  private(set) var changes = 0

  // MARK: Single keys

  /// The entry of a key, if something is known of it.
  func entry(_ key: UnsafeRawBufferPointer) -> Entry? {
    let place = place(of: key)
    if place.isThere { return chunks[place.chunk][place.index] }
    return reach(of: key) == nil ? nil : Entry(key: key, value: nil, isChanged: false)
  }

  /// Notes what the server has; what was changed here stays.
  mutating func note(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) {
    let place = place(of: key)
    if !place.isThere { insert(Entry(key: key, value: value, isChanged: false), at: place) }
  }

  /// Changes an entry. `isNew`: the server has none of this key; false, and nothing is changed, where one is known.
  mutating func change(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, isNew: Bool = false
  ) -> Bool {
    let place = place(of: key)
    guard place.isThere else {
      changes += 1
      let isNew = isNew || reach(of: key) != nil
      insert(Entry(key: key, value: value, isChanged: true, isNew: isNew), at: place)
      return true
    }
    if isNew, chunks[place.chunk][place.index].value != nil { return false }
    if !chunks[place.chunk][place.index].isChanged {
      changes += 1
      chunks[place.chunk][place.index].isNew = chunks[place.chunk][place.index].value == nil
    }
    chunks[place.chunk][place.index].value = value
    chunks[place.chunk][place.index].isChanged = true
    return true
  }

  /// What was changed, each key once, in the order of the keys.
  struct Changes {
    /// What is put where the server has nothing.
    var new: [Entry] = []
    /// What is put where it may have something.
    var old: [Entry] = []
    /// What goes.
    var gone: [Entry] = []
    /// Between the keys of these two, and with them, all goes that the server has.
    var ranges: [(first: Entry, last: Entry)] = []
  }

  /// What was changed; it counts as sent from now on. What came and went is left out.
  mutating func takeChanges() -> Changes {
    var (all, run) = (Changes(), GoneRun())
    guard changes > 0 else { return all }
    for chunk in chunks.indices {
      for index in chunks[chunk].indices {
        let entry = chunks[chunk][index]
        chunks[chunk][index].isChanged = false
        chunks[chunk][index].isNew = false
        if entry.value == nil {
          // What the server does not have parts nothing.
          guard entry.isChanged, !entry.isNew else { continue }
          if !run.reaches(entry.key) {
            run.end(&all)
            run = GoneRun(reach: reach(of: entry.key))
          }
          run.entries.append(entry)
          continue
        }
        run.end(&all)
        guard entry.isChanged else { continue }
        if entry.isNew { all.new.append(entry) } else { all.old.append(entry) }
      }
    }
    run.end(&all)
    changes = 0
    return all
  }

  /// Entries that go, one behind the other, where all that there is is known.
  private struct GoneRun {
    /// From so many on one look at their range costs less than a look for each.
    private static let fewest = 16

    var entries: [Entry] = []
    /// Through which key all is known; empty: to the end of the table; nil: nothing is.
    var reach: [UInt8]?

    init(reach: [UInt8]? = nil) { self.reach = reach }

    func reaches(_ key: UnsafeRawBufferPointer) -> Bool {
      guard let reach, !entries.isEmpty else { return false }
      return reach.isEmpty || reach.withUnsafeBytes { order(key, $0) } <= 0
    }

    mutating func end(_ changes: inout Changes) {
      if entries.count >= Self.fewest, let first = entries.first, let last = entries.last {
        changes.ranges.append((first, last))
      } else {
        changes.gone += entries
      }
      entries = []
    }
  }

  // MARK: Ranges

  /// Through which key all is known from this one on; nil: it is not. An empty key: to the end of the table.
  func reach(of key: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let place = range(of: key) else { return nil }
    guard let end = ranges[place].through else { return [] }
    return end.withUnsafeBytes { Self.order(key, $0) } > 0 ? nil : end
  }

  /// Notes that all entries from a key on are known, through a last one, or without it to the end.
  mutating func noteRange(from: UnsafeRawBufferPointer, through: UnsafeRawBufferPointer?) {
    var new = Range(from: Array(from), through: through.map(Array.init))
    var place = range(of: from).map { $0 + 1 } ?? 0
    if place > 0, Self.touches(ranges[place - 1], new) {
      place -= 1
      new.from = ranges[place].from
      new.through = Self.later(ranges[place].through, new.through)
      ranges.remove(at: place)
    }
    while place < ranges.count, Self.touches(new, ranges[place]) {
      new.through = Self.later(new.through, ranges[place].through)
      ranges.remove(at: place)
    }
    ranges.insert(new, at: place)
  }

  private static func touches(_ first: Range, _ second: Range) -> Bool {
    guard let end = first.through else { return true }
    return !end.lexicographicallyPrecedes(second.from)
  }

  private static func later(_ left: [UInt8]?, _ right: [UInt8]?) -> [UInt8]? {
    guard let left, let right else { return nil }
    return left.lexicographicallyPrecedes(right) ? right : left
  }

  /// The last range that does not begin behind a key.
  private func range(of key: UnsafeRawBufferPointer) -> Int? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      let order = ranges[middle].from.withUnsafeBytes { Self.order($0, key) }
      if order <= 0 { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  /// Up to `limit` entries that are there, from a key on, through the last one that is given (empty: to the end).
  func entries(
    from key: UnsafeRawBufferPointer, through end: [UInt8], limit: Int, into found: inout [Entry]
  ) {
    found.removeAll(keepingCapacity: true)
    let start = place(of: key)
    var index = start.index
    for chunk in chunks[start.chunk...] {
      while index < chunk.count {
        let entry = chunk[index]
        if !end.isEmpty, end.withUnsafeBytes({ Self.order(entry.key, $0) }) > 0 { return }
        if entry.value != nil { found.append(entry) }
        if found.count == limit { return }
        index += 1
      }
      index = 0
    }
  }

  // MARK: Places

  private struct Place {
    var chunk: Int
    var index: Int
    var isThere: Bool
  }

  private func place(of key: UnsafeRawBufferPointer) -> Place {
    var (low, high) = (0, chunks.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.order(chunks[middle][0].key, key) <= 0 { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return Place(chunk: 0, index: 0, isThere: false) }
    let chunk = low - 1
    (low, high) = (0, chunks[chunk].count)
    while low < high {
      let middle = (low + high) / 2
      let order = Self.order(chunks[chunk][middle].key, key)
      if order == 0 { return Place(chunk: chunk, index: middle, isThere: true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return Place(chunk: chunk, index: low, isThere: false)
  }

  private mutating func insert(_ entry: Entry, at place: Place) {
    if chunks.isEmpty { return chunks = [[entry]] }
    chunks[place.chunk].insert(entry, at: place.index)
    let count = chunks[place.chunk].count
    guard count > Self.mostInChunk else { return }
    // What is added in order leaves full chunks behind.
    let kept = place.index == count - 1 ? count - 1 : count / 2
    let rest = Array(chunks[place.chunk][kept...])
    chunks[place.chunk].removeSubrange(kept...)
    chunks.insert(rest, at: place.chunk + 1)
  }

  static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else {
      return left.count - right.count
    }
    let order = memcmp(first, second, min(left.count, right.count))
    return order != 0 ? Int(order) : left.count - right.count
  }
}
