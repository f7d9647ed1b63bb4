import QueueCore

/// Settings but for the pause, as the bytes that end a queue's record, and a worker's; the layout is
/// in ``Format``.
enum SettingsRecord {
  /// What stands among the settings in a queue's record.
  struct Beside: Equatable {
    /// The next start at the rate.
    var nextStart: Timestamp?
    /// The count of what leases hold.
    var leased: UInt64 = 0
    /// The count of what awaits batches.
    var awaiting: UInt64 = 0
    var grouping: Grouping?
    /// Something was spent, or reserved.
    var hasSpending = false
    /// The number of the next end; 0: ends are not numbered.
    var nextEnd: UInt64 = 0
    var pruned: UInt64 = 0
    var hasRecipes = false
    var trim = Trim()
    var restoredEnd: UInt64 = 0
  }

  /// Reads what is set; gives back what stands among it.
  static func read(
    into settings: inout QueueSettings, from reader: inout RecordReader
  ) throws(StoreError) -> Beside {
    var beside = Beside()
    for _ in 0..<(try reader.byte()) {
      switch try reader.byte() {
      case 1: settings.maximumAttempts = UInt32(clamping: try reader.varint())
      case 2: settings.maximumLosses = UInt32(clamping: try reader.varint())
      case 3:
        let (base, maximum) = (try reader.duration(), try reader.duration())
        guard base <= maximum else {
          throw StoreError.unsound("a back-off ends before it begins")
        }
        settings.backoff = base...maximum
      case 4: settings.timeout = try reader.duration()
      case 5: settings.rate = try reader.rate()
      case 6: settings.workers = UInt32(clamping: try reader.varint())
      case 7: beside.nextStart = try reader.time()
      case 8: beside.leased = try reader.varint()
      case 9: settings.groupLimit = UInt32(clamping: try reader.varint())
      case 10: settings.groupRate = try reader.rate()
      case 11:
        let grouping = Grouping(
          since: try reader.varint(), nextGroup: UInt32(clamping: try reader.varint()),
          nextTurn: try reader.varint())
        guard grouping.nextGroup <= Format.groupsEnd, grouping.nextTurn < Format.numbersEnd else {
          throw StoreError.unsound("a queue's groups have numbers that were never given")
        }
        beside.grouping = grouping
      case 12: beside.awaiting = try reader.varint()
      case 13: settings.budgets = try reader.budgets()
      case 14: beside.hasSpending = try reader.varint() != 0
      case 15:
        beside.nextEnd = try reader.varint()
        guard beside.nextEnd < Format.numbersEnd else {
          throw StoreError.unsound("a queue's next end has a number that is never given")
        }
      case 20: beside.restoredEnd = try reader.varint()
      case 16: beside.pruned = try reader.varint()
      case 17: beside.hasRecipes = try reader.varint() != 0
      case 18: settings.keep = try reader.duration()
      case 19:
        beside.trim = Trim(
          rank: try reader.uint64(), first: try reader.time(), from: try reader.time())
      default: throw StoreError.unsound("there is a setting that this program does not know")
      }
    }
    return beside
  }

  static func write(
    _ settings: QueueSettings, _ beside: Beside = Beside(), to writer: inout RecordWriter
  ) {
    let isSet = [
      settings.maximumAttempts != nil, settings.maximumLosses != nil, settings.backoff != nil,
      settings.timeout != nil, settings.rate != nil, settings.workers != nil,
      beside.nextStart != nil, beside.leased > 0, settings.groupLimit != nil,
      settings.groupRate != nil, beside.grouping != nil, beside.awaiting > 0,
      !settings.budgets.isEmpty, beside.hasSpending, beside.nextEnd > 0,
      beside.pruned > 0, beside.hasRecipes, settings.keep != nil, beside.trim != Trim(),
      beside.restoredEnd > 0,
    ]
    writer.put(UInt8(isSet.count { $0 }))
    if let attempts = settings.maximumAttempts { writer.put(tag: 1, UInt64(attempts)) }
    if let losses = settings.maximumLosses { writer.put(tag: 2, UInt64(losses)) }
    if let backoff = settings.backoff {
      writer.put(tag: 3, backoff.lowerBound.recorded)
      writer.put(varint: backoff.upperBound.recorded)
    }
    if let timeout = settings.timeout { writer.put(tag: 4, timeout.recorded) }
    if let rate = settings.rate {
      writer.put(5 as UInt8)
      writer.put(rate)
    }
    if let workers = settings.workers { writer.put(tag: 6, UInt64(workers)) }
    if let nextStart = beside.nextStart {
      writer.put(7 as UInt8)
      writer.put(nextStart)
    }
    if beside.leased > 0 { writer.put(tag: 8, beside.leased) }
    if let limit = settings.groupLimit { writer.put(tag: 9, UInt64(limit)) }
    if let rate = settings.groupRate {
      writer.put(10 as UInt8)
      writer.put(rate)
    }
    if let grouping = beside.grouping {
      writer.put(tag: 11, grouping.since)
      writer.put(varint: UInt64(grouping.nextGroup))
      writer.put(varint: grouping.nextTurn)
    }
    if beside.awaiting > 0 { writer.put(tag: 12, beside.awaiting) }
    if !settings.budgets.isEmpty {
      writer.put(13 as UInt8)
      writer.put(settings.budgets)
    }
    if beside.hasSpending { writer.put(tag: 14, 1) }
    if beside.nextEnd > 0 { writer.put(tag: 15, beside.nextEnd) }
    if beside.pruned > 0 { writer.put(tag: 16, beside.pruned) }
    if beside.hasRecipes { writer.put(tag: 17, 1) }
    if let keep = settings.keep { writer.put(tag: 18, keep.recorded) }
    if beside.trim != Trim() {
      writer.put(19 as UInt8)
      writer.put(beside.trim.rank)
      writer.put(beside.trim.first)
      writer.put(beside.trim.from)
    }
    if beside.restoredEnd > 0 { writer.put(tag: 20, beside.restoredEnd) }
  }
}

extension RecordWriter {
  mutating func put(_ rate: Rate) {
    put(varint: UInt64(rate.count))
    put(varint: rate.period.recorded)
  }

  fileprivate mutating func put(_ budgets: [UnitName: Budget]) {
    put(varint: UInt64(budgets.count))
    for (unit, budget) in budgets.sorted(by: { $0.key < $1.key }) {
      put(counted: unit.text.utf8)
      put((budget.limit == nil ? 0 : 1) | (budget.rate == nil ? 0 : 2) as UInt8)
      if let limit = budget.limit { put(limit) }
      if let rate = budget.rate {
        put(rate.amount)
        put(varint: rate.period.recorded)
      }
    }
  }

  fileprivate mutating func put(tag: UInt8, _ value: UInt64) {
    put(tag)
    put(varint: value)
  }
}

extension RecordReader {
  mutating func rate() throws(StoreError) -> Rate {
    let count = UInt32(clamping: try varint())
    guard let rate = Rate(count: count, per: try duration()) else {
      throw StoreError.unsound("a rate is not above zero")
    }
    return rate
  }

  fileprivate mutating func budgets() throws(StoreError) -> [UnitName: Budget] {
    var budgets: [UnitName: Budget] = [:]
    let count = try varint()
    while budgets.count < count {
      let (unit, flags) = (try unit(), try byte())
      var budget = Budget()
      if flags & 1 != 0 { budget.limit = try amount() }
      if flags & 2 != 0 {
        guard let rate = UnitRate(try amount(), per: try duration()) else {
          throw StoreError.unsound("a rate is not above zero")
        }
        budget.rate = rate
      }
      guard 1...3 ~= flags, budgets.updateValue(budget, forKey: unit) == nil else {
        throw StoreError.unsound("a budget says nothing, or is there twice")
      }
    }
    return budgets
  }

  fileprivate mutating func duration() throws(StoreError) -> Duration {
    .microseconds(Int64(clamping: try varint()))
  }
}

extension Duration {
  /// Microseconds, as they are written.
  fileprivate var recorded: UInt64 { UInt64(clamping: wholeMicroseconds) }
}
