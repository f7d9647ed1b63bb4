import OrderedStore
import QueueCore

/// A group as `groups` keeps it; the layout is in ``Format``. Its name is in `group-names`.
struct GroupRecord: Equatable {
  let key: GroupKey
  /// nil: nothing of it is pending.
  var place: GroupPlace?
  /// Its items in each status.
  var counts = StatusCounts()
  /// Runs of removed items that have not ended as far as is known.
  var revoked: UInt64 = 0
  var settings = GroupSettings()
  var restUntil: Timestamp?
  /// What its rate goes on from.
  var nextStart: Timestamp?

  init(_ key: GroupKey) { self.key = key }

  init(_ key: GroupKey, from reader: inout RecordReader) throws(StoreError) {
    self.key = key
    place = try reader.place()
    for status in Status.allCases { counts[status] = try reader.varint() }
    revoked = try reader.varint()
    let isSet = try reader.byte()
    if isSet & 1 != 0 { settings.limit = UInt32(clamping: try reader.varint()) }
    if isSet & 2 != 0 { settings.rate = try reader.rate() }
    if isSet & 4 != 0 { restUntil = try reader.time() }
    if isSet & 8 != 0 { nextStart = try reader.time() }
    guard isSet < 16, reader.isAtEnd else {
      throw StoreError.unsound("a group's record says more than it can")
    }
  }

  func write(to writer: inout RecordWriter) {
    if let place { writer.put(place) } else { writer.put(0 as UInt8) }
    for status in Status.allCases { writer.put(varint: counts[status]) }
    writer.put(varint: revoked)
    var isSet: UInt8 = settings.limit == nil ? 0 : 1
    if settings.rate != nil { isSet |= 2 }
    if restUntil != nil { isSet |= 4 }
    if nextStart != nil { isSet |= 8 }
    writer.put(isSet)
    if let limit = settings.limit { writer.put(varint: UInt64(limit)) }
    if let rate = settings.rate { writer.put(rate) }
    if let restUntil { writer.put(restUntil) }
    if let nextStart { writer.put(nextStart) }
  }

  /// The group as others see it.
  func summary(named name: GroupName? = nil) -> GroupSummary {
    var counts = Counts()
    for status in Status.allCases { counts[status] = self.counts[status] }
    return GroupSummary(
      number: key.number, name: name, counts: counts, running: counts.processing &+ revoked,
      settings: settings, restUntil: restUntil, nextStart: nextStart)
  }

  /// Counts so many items that have gone from one status to another; nil: they were not there, or are not.
  mutating func move(_ before: Status?, to after: Status?, times: UInt64 = 1) {
    // A count that would fall below zero stays there: the audit shows the contradiction.
    if let before { counts[before] -= min(times, counts[before]) }
    if let after { counts[after] &+= times }
  }

  /// Whether an item of it may be claimed.
  func mayStart(_ queue: QueueSettings, now: Timestamp) -> Bool {
    // Most groups have nothing that could keep them.
    if restUntil == nil, settings == GroupSettings(), queue.groupLimit == nil,
      queue.groupRate == nil
    {
      return true
    }
    let summary = summary()
    return !summary.isFull(queue) && summary.opening(queue, now: now) == nil
  }

  /// Whether nothing would be lost with it: no item, nothing that is set, nothing that it waits for.
  func isForgettable(_ queue: QueueSettings, now: Timestamp) -> Bool {
    key.number != 0 && counts.total == 0 && revoked == 0 && settings == GroupSettings()
      && summary().opening(queue, now: now) == nil
  }
}

/// A number for each status.
struct StatusCounts: Equatable {
  private var pending, delayed, processing, done, failed: UInt64

  init() { (pending, delayed, processing, done, failed) = (0, 0, 0, 0, 0) }

  init(_ counts: Counts) {
    self.init()
    for status in Status.allCases { self[status] = counts[status] }
  }

  subscript(status: Status) -> UInt64 {
    get {
      switch status {
      case .pending: pending
      case .delayed: delayed
      case .processing: processing
      case .done: done
      case .failed: failed
      }
    }
    set {
      switch status {
      case .pending: pending = newValue
      case .delayed: delayed = newValue
      case .processing: processing = newValue
      case .done: done = newValue
      case .failed: failed = newValue
      }
    }
  }

  var total: UInt64 { pending &+ delayed &+ processing &+ done &+ failed }
}

/// What a queue keeps once it has had a group.
struct Grouping: Equatable {
  /// Items of this sequence or a later one are in `grouped` while they are pending. Those before have no
  /// group, and stand in `pending` alone.
  var since: UInt64
  var nextGroup: UInt32 = 1
  var nextTurn: UInt64 = 1
}
