public import QueueCore

extension MemoryStore {
  public func summary(of queue: QueueName) throws(StoreError) -> QueueSummary? {
    guard let entry = queues[queue] else { return nil }
    var counts = Counts()
    counts.enqueued = entry.enqueued
    counts.removed = entry.removed
    var due: [Timestamp] = []
    for item in entry.entries.values {
      counts.add(item.state)
      if case .delayed(let delay) = item.state, delay.awaited.isEmpty { due.append(delay.until) }
    }
    return QueueSummary(
      number: entry.number, name: queue, counts: counts, settings: entry.settings,
      nextDue: due.min(), nextStart: entry.nextStart,
      revoked: revokedRuns.keys.count { $0.key.queue == entry.number },
      nextExpiry: leases.first?.until, upstream: upstream(of: entry.number),
      turns: turns(of: entry), awaited: awaitedBatches(by: entry, counts),
      budgets: limits(of: queue), pruned: UInt64(entry.pruned.count))
  }

  public func summaries() throws(StoreError) -> [QueueSummary] {
    var all: [QueueSummary] = []
    for name in queues.keys.sorted(by: { queues[$0]?.number ?? 0 < queues[$1]?.number ?? 0 }) {
      if let summary = try summary(of: name) { all.append(summary) }
    }
    return all
  }

  public func items(
    of queue: QueueName, in statuses: Set<Status>, after: ItemKey?, limit: Int
  ) throws(StoreError) -> ItemPage {
    guard let queue = queues[queue] else { return ItemPage(items: [], next: nil) }
    let keys = queue.keys { statuses.contains($0.status) }.filter { key in
      after.map { $0 < key } ?? true
    }
    return page(queue, keys, limit)
  }

  public func delayedItems(
    of queue: QueueName, after: DelayedPlace?, limit: Int
  ) throws(StoreError) -> DelayedPage {
    guard let queue = queues[queue] else { return DelayedPage(items: [], next: nil) }
    let all = page(queue, queue.keys { $0.status == .delayed }, .max).items
    let places = all.compactMap { item in DelayedPlace(item).map { (place: $0, item: item) } }
      .filter { found in after.map { $0 < found.place } ?? true }.sorted { $0.place < $1.place }
    let part = places.prefix(limit)
    return DelayedPage(
      items: part.map(\.item), next: places.count > limit ? part.last?.place : nil)
  }

  private func page(_ queue: Queue, _ keys: [ItemKey], _ limit: Int) -> ItemPage {
    let items = keys.prefix(limit).compactMap { key in
      queue.entries[key].map { item(key, $0, queue) }
    }
    return ItemPage(items: items, next: keys.count > limit ? items.last?.key : nil)
  }

  public func history(
    of queue: QueueName, since: Timestamp
  ) throws(StoreError) -> [MinuteCounts] {
    let first = MinuteCounts.minute(of: since)
    return (queues[queue]?.history.values ?? [:].values)
      .filter { $0.minute >= first }.sorted { $0.minute < $1.minute }
  }

  public func isHeldBack(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    let number = queues[queue]?.number
    return revokedRuns.contains { $0.key.key.queue == number && $0.value.id == id }
  }

  public func payload(of id: ItemID, in queue: QueueName) throws(StoreError) -> [UInt8]? {
    guard let queue = queues[queue], let key = queue.keys[id] else { return nil }
    return queue.entries[key]?.payload
  }

  public func output(of id: ItemID, in queue: QueueName) throws(StoreError) -> KeptOutput? {
    guard let queue = queues[queue], let key = queue.keys[id] else { return nil }
    return queue.entries[key]?.output
  }

  public func item(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Item? {
    guard let queue = queues[queue], let key = queue.keys[id], let entry = queue.entries[key]
    else { return nil }
    return item(key, entry, queue)
  }

  func item(_ key: ItemKey, _ entry: Entry, _ queue: Queue) -> Item {
    Item(
      key: key, id: entry.id, payloadLength: entry.payload?.count, enqueuedAt: entry.enqueuedAt,
      state: entry.state, group: queue.groups?[entry.state.tally.group]?.name,
      batch: batches[entry.state.tally.batch]?.name,
      awaited: entry.state.awaited.filter { self.awaited($0.batch, $0.end) == $0 }
        .compactMap { awaited in
          batches[awaited.batch].map { Prerequisite($0.name, awaited.end) }
        }, spent: entry.spent, reserved: entry.reserved,
      recipe: entry.recipe)
  }

  public func register(
    _ process: ProcessIdentity, given: QueueSettings, of queue: QueueName?,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    let id = WorkerID(nextWorker)
    try hold(id)
    revision += 1
    nextWorker += 1
    let record = WorkerRecord(
      id: id, process: process, registeredAt: now, given: given, queue: queue)
    registered[id] = record
    return record
  }

  public func unregister(_ worker: WorkerID) throws(StoreError) {
    revision += 1
    if try claims(of: worker).isEmpty, try revoked(of: worker).isEmpty { registered[worker] = nil }
  }

  public func workers() throws(StoreError) -> [WorkerRecord] {
    registered.values.sorted { $0.id < $1.id }
  }

  public func claims(of worker: WorkerID) throws(StoreError) -> [Token] {
    queues.values.flatMap { queue in
      queue.entries.compactMap { key, entry -> Token? in
        guard case .processing(let hold) = entry.state, hold.holder == .worker(worker) else {
          return nil
        }
        return Token(number: hold.token, key: key, incarnation: incarnation)
      }
    }.sorted { $0.key < $1.key }
  }

  public func revoked(of worker: WorkerID) throws(StoreError) -> [Token] {
    revokedRuns.filter { $0.value.worker == worker }.map(\.key)
      .sorted { ($0.key.queue, $0.number) < ($1.key.queue, $1.number) }
  }

  public func configure(
    _ queue: QueueName, _ change: (inout QueueSettings, Timestamp) -> Void
  ) throws(StoreError) {
    revision += 1
    makeQueue(queue)
    if var settings = queues[queue]?.settings {
      let (limit, rate) = (settings.groupLimit, settings.groupRate)
      let budgets = settings.budgets
      change(&settings, now)
      queues[queue]?.settings = settings
      changeRates(of: queue, from: budgets)
      if (settings.groupLimit, settings.groupRate) != (limit, rate) {
        touchResting(of: queue, all: true)
      }
      finish()
    }
  }

  public func watch(_ queue: QueueName) throws(StoreError) -> any QueueWatch {
    makeQueue(queue)
    return NoWatch()
  }

  public func audit() throws(StoreError) -> Audit {
    var audit = Audit()
    for summary in try summaries() {
      audit.items += summary.counts.total
      if !summary.counts.areConserved { audit.note("queue \(summary.name): items are missing") }
    }
    return audit
  }
}

/// A watch that never wakes: whoever waits polls.
final class NoWatch: QueueWatch {
  var descriptor: Int32? { nil }
  func drain() {}
}
