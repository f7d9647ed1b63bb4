import OrderedStore
public import QueueCore

extension OrderedQueueStore: TransferableStore {
  /// A queue without its items; see ``TransferableStore``.
  public func stored(_ queue: QueueName) throws(StoreError) -> StoredQueue? {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return nil }
      let record = try reading.queue(number)
      var stored = StoredQueue(queue, settings: record.settings)
      stored.nextEnd = record.nextEnd
      if reading.has(.budgets) {
        try reading.walkBudgets(of: number) { key, budget in
          if budget.gone > .zero { stored.spent[key.unit] = budget.gone }
        }
      }
      stored.feeders = try reading.feeds().filter { $0.to == number && $0.from != number }
        .map { try reading.queue($0.from).name }
      stored.readers = try reading.readers(of: number)
      return stored
    }
  }

  /// Items of a queue with everything that is known of them; see ``TransferableStore``.
  public func stored(
    in queue: QueueName, after: ItemKey?, limit: Int, bytes: Int
  ) throws(StoreError) -> [StoredItem] {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return [] }
      var (items, size) = ([] as [StoredItem], 0)
      let start = ItemKey(queue: number, rank: after?.rank ?? 0)
      try start.withBytes { bytesOfStart in
        try reading.transaction.scan(.items, from: bytesOfStart) { bytesOfKey, value in
          let key = try ItemKey(bytes: bytesOfKey)
          guard key.queue == number, items.count < limit, size < bytes else { return false }
          if key == start, after != nil { return true }
          size += value.count
          let item = try reading.stored(key)
          size += (item.payload?.count ?? 0) + (item.result?.bytes.count ?? 0)
          items.append(item)
          return true
        }
      }
      return items
    }
  }

  /// What stays known of pruned items; see ``TransferableStore``.
  public func storedIDs(
    of queue: QueueName, after: [UInt8]?
  ) throws(StoreError) -> (ids: [StoredID], next: [UInt8]?) {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return ([], nil) }
      let (entries, next) = try reading.prunedEntries(of: number, after: after)
      let ids = try entries.compactMap { key -> StoredID? in
        guard let value = try reading.transaction.bytes(for: key, in: .ids),
          case .pruned(let pruned) = try withBytes(value, { try IDIndex.known($0, number) })
        else { return nil }
        let id = pruned.longID.isEmpty ? Array(key.dropFirst(4)) : pruned.longID
        return StoredID(
          ItemID(unchecked: id), pruned.status, fingerprint: pruned.fingerprint.bytes)
      }
      return (ids, next)
    }
  }
}

extension StoreReading {
  fileprivate func stored(_ key: ItemKey) throws -> StoredItem {
    guard let state = try state(of: key) else {
      throw StoreError.unsound("an item is in no status")
    }
    var stored = StoredItem(try item(key, state))
    stored.payload = try record(of: key, withPayload: true)?.payload
    stored.output = try key.withBytes { bytes in
      guard let value = try transaction.value(for: bytes, in: .outputs) else { return nil }
      var reader = RecordReader(value)
      return KeptOutput(output: try reader.counted(), error: try reader.rest())
    }
    guard let end = try end(of: key) else { return stored }
    stored.end = end.number
    try walkEnds(of: end.queue, from: end.number) { found, record, result in
      if found == end { stored.result = record.form.map { ItemResult(result, form: $0) } }
      return false
    }
    return stored
  }
}
