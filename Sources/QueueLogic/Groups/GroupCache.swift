import QueueCore

/// The groups that a transaction has read or changed.
struct GroupCache {
  struct Entry {
    var record: GroupRecord
    /// Whether the record is to be written.
    var isDirty = false
    /// Whether it may have to stand elsewhere; and if so, whether what is pending of it has changed.
    fileprivate(set) var isTouched = false
    fileprivate(set) var isFirstNew = false
    /// Whether it was forgotten.
    var isGone = false
  }

  var entries: [Entry] = []
  /// Where groups are among the entries, from 1; 0: free, as at least half are. No dictionary: what a process
  /// pays once for one takes as long as hundreds of groups, and numbers that a queue gives need no secret hash.
  private var slots: [UInt32] = []
  /// Those that may have to stand elsewhere, in the order in which they changed.
  private var touched: [Int] = []

  func place(of key: GroupKey) -> Int? {
    guard !slots.isEmpty else { return nil }
    let found = slots[slot(of: key)]
    return found == 0 ? nil : Int(found) - 1
  }

  /// Takes a group in; its place here.
  mutating func insert(_ record: GroupRecord, isDirty: Bool = false) -> Int {
    if let place = place(of: record.key) {
      entries[place].record = record
      entries[place].isDirty = isDirty || entries[place].isDirty
      return place
    }
    makeRoom(for: 1)
    entries.append(Entry(record: record, isDirty: isDirty))
    slots[slot(of: record.key)] = UInt32(entries.count)
    return entries.count - 1
  }

  /// So many more groups may come.
  mutating func makeRoom(for more: Int) {
    guard slots.count < 2 * (entries.count + more) else { return }
    var size = max(slots.count, 32)
    while size < 2 * (entries.count + more) { size *= 2 }
    entries.reserveCapacity(size / 2)
    slots = Array(repeating: 0, count: size)
    for place in entries.indices where !entries[place].isGone {
      slots[slot(of: entries[place].record.key)] = UInt32(place + 1)
    }
  }

  /// The slot of a group; the free one that it would have when it is not here. Those that are gone keep theirs:
  /// others were put behind them.
  private func slot(of key: GroupKey) -> Int {
    var slot = key.scattered & (slots.count - 1)
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      if entries[place].record.key == key, !entries[place].isGone { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  mutating func touch(_ place: Int, isFirstNew: Bool) {
    if !entries[place].isTouched {
      touched.append(place)
      (entries[place].isTouched, entries[place].isFirstNew) = (true, isFirstNew)
    } else if isFirstNew {
      entries[place].isFirstNew = true
    }
    entries[place].isDirty = true
  }

  /// It stands where it belongs.
  mutating func settle(_ place: Int) { entries[place].isTouched = false }

  /// Those that may have to stand elsewhere, once.
  mutating func takeTouched() -> [Int] {
    defer { touched.removeAll(keepingCapacity: true) }
    return touched.filter { place in
      defer { entries[place].isTouched = false }
      return entries[place].isTouched && !entries[place].isGone
    }
  }

  mutating func forget(_ place: Int) {
    entries[place].isGone = true
  }
}
