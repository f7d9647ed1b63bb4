import OrderedStore
import QueueCore

/// The way of one batch into its queue, over one or more transactions.
struct BatchEntry {
  let batch: ItemBatch
  let order: [UInt32]
  let priority: UInt8
  let until: Timestamp?
  /// The number of the batch that it inherits, where it names none itself; 0: none.
  let inherited: UInt32
  /// The queue, and the sequence of the batch's first item in it; known once the queue is. A queue
  /// that is removed between two transactions takes its sequences along.
  var start: (queue: UInt32, sequence: UInt64)?
  /// When the items were enqueued; nil: now.
  var enqueuedAt: Timestamp?
  /// How many ids, in sorted order, have been entered.
  var position = 0
  private var writer = RecordWriter()

  var isComplete: Bool { position >= order.count }

  init(_ batch: ItemBatch, priority: UInt8, until: Timestamp?, inherited: UInt32 = 0) {
    self.batch = batch
    self.priority = priority
    self.until = until
    self.inherited = inherited
    order = SortedBatch(batch).order
  }

  /// Enters ids, then the items of those that are new, until the batch is complete or `isWanted`.
  mutating func enter(
    into name: QueueName, _ session: inout WriteSession, stride: Int, isWanted: () -> Bool
  ) throws -> EnqueueResult {
    let queue = try session.makeQueue(name)
    let first = try firstSequence(in: queue, of: name, &session)
    if !batch.groups.isEmpty { try session.beginGroups(in: queue, since: first) }
    let (member, awaited) = (try self.member(&session), try session.unmet(batch.after))
    var met = MetIDs(batch)
    var from = position
    repeat {
      let end = min(from + stride, order.count)
      try enterIDs(from..<end, queue, first, &met, &session)
      from = end
    } while from < order.count && !met.isFull && !isWanted()
    met.new.sort()
    try enterItems(met.new, queue, first, member, awaited, &session)
    try met.requeue(&session)
    let left = from - position - met.new.count - met.requeued - met.refused.count
    position = from
    var result = EnqueueResult(enqueued: met.new.count, duplicates: left)
    (result.requeued, result.refused) = (
      met.requeued, met.refused.sorted().map { batch.id(at: Int($0)) }
    )
    return result
  }

  /// The sequence of the batch's first item, reserved with those of the others.
  private mutating func firstSequence(
    in queue: UInt32, of name: QueueName, _ session: inout WriteSession
  ) throws -> UInt64 {
    if let start, start.queue == queue { return start.sequence }
    let count = UInt64(batch.count)
    let first = try session.update(queue) { record in
      defer { record.nextSequence += count }
      guard record.nextSequence <= ItemKey.maximumSequence - count else {
        throw StoreError(.limit, "queue \(name) has had 2^56 items: use another queue")
      }
      return record.nextSequence
    }
    start = (queue, first)
    return first
  }

  /// Enters ids in sorted order, and sorts those out that were there.
  private mutating func enterIDs(
    _ range: Range<Int>, _ queue: UInt32, _ first: UInt64, _ met: inout MetIDs,
    _ session: inout WriteSession
  ) throws {
    let ids = IDIndex(reading: session.reading)
    let (batch, order) = (batch, order)
    try session.reading.prefetch(range.map { batch.id(at: Int(order[$0])).bytes }, of: queue)
    try batch.bytes.withUnsafeBytes { bytes in
      var previous = UnsafeRawBufferPointer(start: nil, count: 0)
      var isBeyondAll = false
      for place in range {
        let entry = batch.entries[Int(order[place])]
        let id = UnsafeRawBufferPointer(
          rebasing: bytes[entry.idStart..<entry.idStart + entry.idLength])
        if place == range.lowerBound {
          isBeyondAll = try ids.isBeyondAll(id, in: queue)
        }
        let isLong = id.count > Format.longestDirectID
        // A long id's key does not sort as the id does.
        if isLong { isBeyondAll = false }
        let append = isBeyondAll && !previous.elementsEqual(id)
        let key = ItemKey(
          queue: queue, priority: priority, sequence: first + UInt64(order[place]))
        let known = try ids.insert(id, key, append: append, into: session.transaction)
        if try known == nil || met.isNew(order[place], key, known, &session) {
          met.new.append(order[place])
          // Another long id of this batch may have the same key: only the item tells them apart.
          if isLong { try enterItem(entry, key, bytes, append: false, session) }
        }
        previous = id
      }
    }
  }

  /// Enters the items of new ids, in order of arrival.
  private mutating func enterItems(
    _ new: [UInt32], _ queue: UInt32, _ first: UInt64, _ member: UInt32, _ awaited: [Awaited],
    _ session: inout WriteSession
  ) throws {
    guard let earliest = new.first else { return }
    let batch = batch
    let start = ItemKey(queue: queue, priority: priority, sequence: first + UInt64(earliest))
    let change = Transition.enqueue(until: until, batch: member, awaited: awaited)
    guard var initial = change.after, let counted = change.effects.counted else { return }
    var groups = try EnteredGroups(batch, in: queue, session)
    try session.reading.prefetch(enqueueAt: start, in: initial.status)
    let appendItem = try session.isBeyondAll(start, in: .items)
    let appendState = try session.isBeyondAll(start, in: initial.status.table)
    if case .claimers(let until) = change.effects.wake {
      try session.wakeClaimers(of: queue, until: until)
    }
    if !appendItem {
      try session.reading.prefetch(
        new.map { ItemKey(queue: queue, priority: priority, sequence: first + UInt64($0)) },
        in: [.items])
    }
    try batch.bytes.withUnsafeBytes { bytes in
      for index in new {
        let key = ItemKey(queue: queue, priority: priority, sequence: first + UInt64(index))
        let entry = batch.entries[Int(index)]
        if entry.idLength <= Format.longestDirectID {
          try enterItem(entry, key, bytes, append: appendItem, session)
        }
        if let number = try groups.enter(entry, key, initial.status, &session) {
          let change = Transition.enqueue(
            until: until, group: number, batch: member, awaited: awaited)
          initial = change.after ?? initial
        }
        session.writer.clear()
        StateRecord.write(initial, to: &session.writer)
        try session.put(key, in: initial.status.table, appendState ? .last : .new)
        if !awaited.isEmpty {
          try session.putAwaiting(key, awaited)
        } else if let until {
          try session.putDue(key, until)
        }
      }
    }
    try groups.finish(initial.status, &session)
    let (times, now) = (UInt64(new.count), session.now)
    try session.update(queue) { $0.counts.enqueue(initial, times: times) }
    session.count(queue) { $0.count(counted, at: now, times: times) }
    if member != 0 {
      try session.update(batch: member) { $0.move(nil, to: initial.status, times: times) }
    }
    for awaited in awaited { try session.update(batch: awaited.batch) { $0.waiting += times } }
  }

  /// The number of the batch that the items belong to; 0: none. What they name themselves is open then.
  private func member(_ session: inout WriteSession) throws -> UInt32 {
    guard let name = batch.batch else { return inherited }
    let number = try session.makeBatch(name)
    try session.update(batch: number) { $0.isSealed = false }
    return number
  }

  private mutating func enterItem(
    _ entry: ItemBatch.Entry, _ key: ItemKey, _ bytes: UnsafeRawBufferPointer, append: Bool,
    _ session: borrowing WriteSession
  ) throws {
    writer.clear()
    ItemRecord.write(entry, of: bytes, enqueuedAt: enqueuedAt ?? session.now, to: &writer)
    try key.withBytes { keyBytes in
      try writer.bytes.withUnsafeBytes { value in
        if append {
          try session.transaction.put(value, for: keyBytes, in: .items, .last)
        } else if try session.transaction.insert(value, for: keyBytes, in: .items) != nil {
          throw StoreError.unsound("a new item's key is taken")
        }
      }
      guard ItemRecord.isApart(entry) else { return }
      let payload = entry.payloadStart..<entry.payloadStart + entry.payloadLength
      try session.transaction.put(
        UnsafeRawBufferPointer(rebasing: bytes[payload]), for: keyBytes,
        in: .payloads)
    }
  }
}
