import OrderedStore
import QueueCore

/// What operations that write will ask for, told before they loop: an engine behind a network fetches
/// it in one round trip each, the others never hear of it.
extension StoreReading {
  /// The worker, what its settlements end, and all that is looked up by names.
  static func hints(for turn: Turn) -> [Prefetch] {
    let keys = turn.settlements.map { $0.token.key.withBytes(Array.init) }
    let queues = Set(turn.settlements.map(\.token.key.queue))
    return [
      .keys([Format.formatKey], .meta), .keys([bytes(of: turn.worker.number)], .workers),
      .keys([Array(turn.queue.text.utf8)], .names), .keys([Format.numbersKey], .meta),
      .entries(from: Format.feeds, limit: 100, .meta), firstLease, .near(keys, .processing),
      .near(keys, .outputs), .near(keys, .spent), .keys(queues.map(bytes), .queues),
    ] + queues.map(budgets)
  }

  /// What a claim by lease looks up by names.
  func prefetch(for request: LeaseRequest) throws {
    try transaction.prefetch {
      [
        .keys([Array(request.queue.text.utf8)], .names), .keys([Format.numbersKey], .meta),
        .entries(from: Format.feeds, limit: 100, .meta), Self.firstLease,
      ]
    }
  }

  private static func budgets(of queue: UInt32) -> Prefetch {
    .entries(from: BudgetKey.prefix(queue), limit: Amounts.mostUnits, .budgets)
  }

  private static var firstLease: Prefetch {
    .entries(from: LeaseKey.first.withBytes(Array.init), limit: 1, .leases)
  }

  /// What leases hold, of whatever queues: all that ends them asks for.
  func prefetch(held keys: [ItemKey], now: Timestamp) throws {
    try transaction.prefetch {
      let queues = Set(keys.map(\.queue))
      let (minute, bytes) = (MinuteCounts.minute(of: now), keys.map { $0.withBytes(Array.init) })
      return [
        .near(bytes, .processing), .near(bytes, .outputs), .near(bytes, .spent),
        .keys(queues.map(Self.bytes), .queues),
        .keys(
          queues.map { HistoryKey(queue: $0, minute: minute).withBytes(Array.init) }, .history),
        .entries(from: Format.feeds, limit: 100, .meta),
      ]
        + queues.map { queue in
          let due = DueKey(queue: queue, until: Timestamp(microseconds: 0), rank: 0)
          return .entries(from: due.withBytes(Array.init), limit: 1, .due)
        } + queues.map(Self.budgets)
    }
    // When a lease ends stands with the item that it holds.
    try transaction.prefetch {
      let leases = try keys.compactMap { key -> [UInt8]? in
        guard case .processing(let hold)? = try state(of: key, in: .processing) else { return nil }
        return LeaseKey(hold)?.withBytes(Array.init)
      }
      return [.keys(leases, .leases)]
    }
  }

  /// What may be claimed of a queue: what is due, and what is first.
  func prefetch(_ wanted: Int, of queue: UInt32, now: Timestamp) throws {
    try transaction.prefetch {
      let limit = min(max(wanted, 0), Turn.maximumItems) + 1
      let due = DueKey(queue: queue, until: Timestamp(microseconds: 0), rank: 0)
      let minute = HistoryKey(queue: queue, minute: MinuteCounts.minute(of: now))
      return [
        .keys([Self.bytes(of: queue)], .queues), .keys([minute.withBytes(Array.init)], .history),
        .entries(from: due.withBytes(Array.init), limit: limit, .due),
        .entries(
          from: ItemKey(queue: queue, rank: 0).withBytes(Array.init), limit: limit, .pending,
          with: [.items]),
        Self.budgets(of: queue),
      ]
    }
  }

  /// Payloads of these items, where they lie apart.
  func prefetch(payloadsOf keys: some Sequence<ItemKey>) throws {
    try transaction.prefetch {
      let apart = try keys.compactMap { key -> [UInt8]? in
        let bytes = key.withBytes(Array.init)
        return try withBytes(bytes) { key in
          guard let value = try transaction.value(for: key, in: .items) else { return nil }
          var reader = RecordReader(value)
          return try ItemRecord.head(&reader).place == .apart ? bytes : nil
        }
      }
      return apart.isEmpty ? [] : [.keys(apart, .payloads)]
    }
  }

  /// Items, and where they may stand.
  func prefetch(_ keys: @autoclosure () -> [ItemKey], in tables: [Table]) throws {
    try transaction.prefetch {
      let keys = keys().map { $0.withBytes(Array.init) }
      return tables.map { .keys(keys, $0) }
    }
  }

  /// Whether these ids are there, and whether anything comes after the first.
  func prefetch(_ ids: @autoclosure () -> [[UInt8]], of queue: UInt32) throws {
    try transaction.prefetch {
      let index = IDIndex(reading: self)
      let keys = ids().map { id in withBytes(id) { index.key(of: $0, in: queue) } }
      return [.keys(keys, .ids)] + keys.prefix(1).map { .entries(from: $0, limit: 1, .ids) }
    }
  }

  /// Where a batch begins in its queue, and who waits for it.
  func prefetch(enqueueAt start: ItemKey, in status: Status) throws {
    try transaction.prefetch {
      let key = start.withBytes(Array.init)
      let due = DueKey(queue: start.queue, until: Timestamp(microseconds: 0), rank: 0)
      return [
        .entries(from: key, limit: 1, .items), .entries(from: key, limit: 1, status.table),
        .entries(from: due.withBytes(Array.init), limit: 1, .due),
        .entries(from: Format.revoked, limit: 100, .meta),
      ]
    }
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian, Array.init)
  }
}
