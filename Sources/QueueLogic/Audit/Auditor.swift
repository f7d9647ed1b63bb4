import OrderedStore
import QueueCore

/// One look at a whole store, page by page; this is the part that looks at items.
///
/// Every item is found in exactly one status, and by its id, in the snapshot of its page. Whoever writes
/// keeps what was right right, and what was wrong by as much as it was: so what is wrong all the time
/// shows in the page, or in totals that one snapshot gives at once (`Auditor+Totals.swift`).
struct Auditor {
  var audit = Audit()
  /// What was counted on the way: as it is in a queue, unless others wrote meanwhile.
  private(set) var counts: [UInt32: Counts] = [:]
  /// Items whose payload lies in `payloads`.
  private(set) var payloads = 0
  /// The snapshot in which this began.
  private(set) var beginning: UInt64 = 0
  private(set) var hasSeenItems = false

  /// What was counted on the way in queues that have groups, by queue.
  var groups: [UInt32: [GroupKey: StatusCounts]] = [:]
  /// Pending items that are in `grouped`; groups that have a turn; groups with a name.
  var (grouped, placed, named) = (0 as UInt64, 0 as UInt64, 0 as UInt64)
  /// What the queues of the page keep of their groups.
  private var groupings: [UInt32: Grouping?] = [:]

  /// What was counted on the way, by batch; whether that has to be looked at in one snapshot.
  var batches: [UInt32: StatusCounts] = [:]
  var hasSuspectBatches = false

  /// What items have spent; whether that has to be looked at in one snapshot.
  var spent = SpentSums()
  var hasSuspectBudgets = false
  private var looksAtSpending = false
  /// Items that have ended by recipes.
  private(set) var withRecipes: UInt64 = 0
  private var looksAtRecipes = false

  /// Items whose ends have numbers.
  var numbered: UInt64 = 0
  private var looksAtEnds = false
  /// Whether ends have to be looked at in one snapshot.
  var hasSuspectEnds = false

  /// Queues whose counts have to be looked at in one snapshot.
  var suspects: [Suspect] = []
  var hasSeenPayloads = true
  var lastPayload: [UInt8] = []
  /// Whether all that is known of pruned items was looked at; there is none in most stores.
  var hasSeenPruned = true
  var lastID: [UInt8] = []

  /// Where the items of each queue end that were enqueued before this began: what is enqueued meanwhile
  /// is not followed, or it would never end.
  private var ends: [UInt32: UInt64] = [:]
  private var last: [UInt8] = []
  private var missingQueues: Set<UInt32> = []

  /// Notes what there is to look at.
  mutating func begin(_ reading: StoreReading) throws {
    beginning = reading.transaction.revision
    for number in try reading.queueNumbers() {
      ends[number] = (try? reading.queue(number))?.nextSequence
    }
  }

  /// Looks at the next `limit` items.
  mutating func lookAtItems(_ limit: Int, _ reading: StoreReading) throws {
    var page = limit
    var start = last
    groupings = [:]
    looksAtSpending = try reading.has(.spent) && reading.transaction.count(.spent) > 0
    looksAtRecipes = try reading.has(.recipes) && reading.transaction.count(.recipes) > 0
    looksAtEnds = try reading.has(.ends) && reading.transaction.count(.ends) > 0
    while true {
      var next: ItemKey?
      var isFull = false
      try withBytes(start) { start in
        try reading.transaction.scan(.items, from: start) { bytes, _ in
          if bytes.elementsEqual(last) { return true }
          next = (try? ItemKey(bytes: bytes)).flatMap(pass)
          isFull = page == 0
          if next != nil || isFull { return false }
          page -= 1
          last = Array(bytes)
          audit.items += 1
          do {
            try look(at: try ItemKey(bytes: bytes), reading)
          } catch let error as StoreError {
            audit.note("item record \(audit.items): \(error.message)")
          }
          return true
        }
      }
      guard let next else { return hasSeenItems = !isFull }
      start = next.withBytes(Array.init)
    }
  }

  /// Where to go on when an item was enqueued after this began: behind all of its queue and priority.
  private func pass(_ key: ItemKey) -> ItemKey? {
    guard let end = ends[key.queue], key.sequence >= end else { return nil }
    return ItemKey(queue: key.queue, priority: key.priority, sequence: ItemKey.maximumSequence)
  }

  private mutating func look(
    at key: ItemKey, _ reading: StoreReading
  ) throws {
    guard let item = try reading.record(of: key, withPayload: false) else { return }
    if item.isApart { payloads += 1 }
    let name = Self.name(key)
    let found = try withBytes(item.record.id) {
      try IDIndex(reading: reading).find($0, in: key.queue)
    }
    if found == nil { audit.note("\(name) has no entry in ids") }
    if let found, found != key { audit.note("\(name) has the id of \(Self.name(found))") }

    var states: [ItemState] = []
    for status in Status.allCases {
      if let state = try reading.state(of: key, in: status) { states.append(state) }
    }
    if states.count != 1 {
      let names = states.map(\.status.rawValue).joined(separator: ", ")
      audit.note("\(name) is in \(states.count) statuses (\(names)), not in one")
    }
    if counts[key.queue] == nil { try look(forQueue: key.queue, reading) }
    let grouping = grouping(of: key.queue, reading)
    for state in states {
      counts[key.queue, default: Counts()].add(state)
      if let grouping { try look(at: key, in: state, grouping, reading) }
      try look(at: key, in: state, reading)
      if looksAtEnds { try look(atEndOf: key, in: state, reading) }
      if looksAtRecipes, try reading.recipe(of: key) != nil {
        withRecipes += 1
        if state.ending == nil { audit.note("\(name) has a recipe, but has not ended") }
      }
      if looksAtSpending { try look(atSpendingOf: key, in: state, reading) }
      if case .processing(let hold) = state, try !isEntered(key, hold, reading) {
        audit.note("\(name) is leased but has no entry in leases")
      }
      if case .delayed(let delay) = state, delay.reason != .awaiting {
        let isDue = try DueKey(queue: key.queue, until: delay.until, rank: key.rank).withBytes {
          try reading.transaction.contains($0, in: .due)
        }
        if !isDue { audit.note("\(name) is delayed but has no entry in due") }
      }
    }
  }

  private mutating func grouping(of queue: UInt32, _ reading: StoreReading) -> Grouping? {
    if let known = groupings[queue] { return known }
    let grouping = (try? reading.queue(queue))?.grouping
    groupings[queue] = .some(grouping)
    return grouping
  }

  /// Whether what a lease holds is in `leases`.
  private func isEntered(
    _ key: ItemKey, _ hold: Hold, _ reading: StoreReading
  ) throws -> Bool {
    guard let lease = LeaseKey(hold) else { return true }
    guard reading.has(.leases) else { return false }
    return try lease.withBytes { bytes in
      let found = try reading.transaction.value(for: bytes, in: .leases)
      return found.map { found in key.withBytes { found.elementsEqual($0) } } ?? false
    }
  }

  private mutating func look(
    forQueue number: UInt32, _ reading: StoreReading
  ) throws {
    let isThere = try withUnsafeBytes(of: number.bigEndian) {
      try reading.transaction.contains($0, in: .queues)
    }
    if !isThere, missingQueues.insert(number).inserted {
      audit.note("items belong to queue \(number), which is not there")
    }
  }

  static func name(_ key: ItemKey) -> String {
    "item \(key.queue)/\(key.priority)/\(key.sequence)"
  }
}
