import QueueCore

/// What items emit, and what feeds what.
extension MemoryStore {
  static func refuseTooMany(_ all: [[Emission]]) throws(StoreError) {
    for emitted in all {
      let bytes = emitted.map { $0.id.bytes.count + ($0.payload?.count ?? 0) }.reduce(0, +)
      if emitted.count > 10_000 || bytes > 16 * 1_024 * 1_024 {
        throw StoreError(.limit, "too many")
      }
    }
  }

  /// Enqueues what items emit that are done now: apart for each queue, priority and batch.
  func emit(
    _ all: [(parent: ItemKey, batch: UInt32, emitted: [Emission])]
  ) throws(StoreError) -> EnqueueResult {
    var batches: [(queue: QueueName, priority: UInt8, batch: UInt32, items: ItemBatch)] = []
    for (parent, batch, emitted) in all {
      for emission in emitted {
        let place = batches.firstIndex {
          ($0.queue, $0.priority, $0.batch) == (emission.queue, parent.priority, batch)
        }
        if place == nil { batches.append((emission.queue, parent.priority, batch, ItemBatch())) }
        batches[place ?? batches.count - 1].items
          .append(id: emission.id.bytes, payload: emission.payload)
      }
    }
    var sum = EnqueueResult(enqueued: 0, duplicates: 0)
    for (queue, priority, batch, items) in batches {
      sum += try enter(items, queue, priority, nil, inherited: batch)
    }
    for (parent, _, emitted) in all {
      for emission in emitted {
        guard let to = queues[emission.queue]?.number, to != parent.queue else { continue }
        fed[to, default: []].insert(parent.queue)
      }
    }
    return sum
  }

  func upstream(of number: UInt32) -> Upstream {
    var upstream = Upstream()
    upstream.feeders = (fed[number] ?? []).sorted().compactMap(name)
    var all = fed[number] ?? []
    while true {
      let more = all.union(all.flatMap { fed[$0] ?? [] })
      if more == all { break }
      all = more
    }
    for feeder in all.sorted() where feeder != number {
      guard let name = name(of: feeder), let queue = queues[name] else { continue }
      var counts = Counts()
      var due: [Timestamp] = []
      for entry in queue.entries.values {
        counts.add(entry.state)
        if case .delayed(let delay) = entry.state, delay.awaited.isEmpty {
          due.append(delay.until)
        }
      }
      upstream.add(
        name, counts, queue.settings, nextDue: due.min(),
        awaited: awaitedBatches(by: queue, counts))
    }
    return upstream
  }
}
