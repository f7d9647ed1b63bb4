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
  private var places: [GroupKey: Int] = [:]
  /// Those that may have to stand elsewhere, in the order in which they changed.
  private var touched: [Int] = []

  func place(of key: GroupKey) -> Int? { places[key] }

  /// Takes a group in; its place here.
  mutating func insert(_ record: GroupRecord, isDirty: Bool = false) -> Int {
    if let place = places[record.key] {
      entries[place].record = record
      entries[place].isDirty = isDirty || entries[place].isDirty
      return place
    }
    places[record.key] = entries.count
    entries.append(Entry(record: record, isDirty: isDirty))
    return entries.count - 1
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
    places[entries[place].record.key] = nil
    entries[place].isGone = true
  }
}
