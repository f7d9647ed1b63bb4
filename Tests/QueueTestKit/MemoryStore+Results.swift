public import QueueCore

/// Ends that are numbered, kept with the items.
extension MemoryStore {
  public func ends(of queue: QueueName, _ request: EndRequest) throws(StoreError) -> [ItemEnd] {
    guard request.limit > 0, let queue = queues[queue] else { return [] }
    let all = queue.entries.compactMap { key, entry in entry.end.map { ($0, key) } }
      .sorted { $0.0 < $1.0 }.filter { $0.0 > request.after }
    var (found, bytes) = ([] as [ItemEnd], 0)
    for (_, key) in all where found.count < request.limit && bytes < request.bytes {
      guard var end = end(of: key, queue) else { continue }
      if !request.withItems { end.item = nil }
      bytes += end.result?.bytes.count ?? 0
      found.append(end)
    }
    return found
  }

  public func end(of id: ItemID, in queue: QueueName) throws(StoreError) -> ItemEnd? {
    guard let queue = queues[queue], let key = queue.keys[id] else { return nil }
    return end(of: key, queue)
  }

  private func end(of key: ItemKey, _ queue: Queue) -> ItemEnd? {
    guard let entry = queue.entries[key], let number = entry.end else { return nil }
    return ItemEnd(
      number: number, status: entry.state.status, result: entry.result,
      item: item(key, entry, queue))
  }

  public func lastRead(by reader: ReaderName, of queue: UInt32) throws(StoreError) -> UInt64 {
    name(of: queue).flatMap { queues[$0]?.readers[reader] } ?? 0
  }

  public func note(
    lastRead end: UInt64, by reader: ReaderName, of number: UInt32
  ) throws(StoreError) {
    guard let queue = name(of: number) else { throw StoreError(.noQueue, "no queue") }
    revision += 1
    let last = queues[queue]?.readers[reader]
    if last ?? 0 < end || last == nil { queues[queue]?.readers[reader] = end }
  }

  public func watchEnds(of queue: QueueName) throws(StoreError) -> any QueueWatch {
    makeQueue(queue)
    return NoWatch()
  }

  /// Numbers an end, where those of the queue are, and forgets that of an item that goes on.
  func number(
    _ change: Change, _ key: ItemKey, _ name: QueueName, _ result: ItemResult?, collects: Bool
  ) {
    if queues[name]?.nextEnd == nil, collects || result != nil { queues[name]?.nextEnd = 1 }
    guard let next = queues[name]?.nextEnd else { return }
    if change.isEnd {
      queues[name]?.entries[key]?.end = next
      queues[name]?.entries[key]?.result = change.effects.counted == .done ? result : nil
      queues[name]?.nextEnd = next + 1
    } else if change.effects.output == .goes {
      queues[name]?.entries[key]?.end = nil
      queues[name]?.entries[key]?.result = nil
    }
  }
}
