public import QueueCore

/// What people do to items, and to whole queues.
extension MemoryStore {
  public func move(
    _ ids: [ItemID], in queue: QueueName, by move: Move
  ) throws(StoreError) -> [MoveResult] {
    revision += 1
    defer { finish() }
    return ids.map { id in
      if case .remove = move, queues[queue]?.pruned.removeValue(forKey: id) != nil { return .moved }
      guard let key = queues[queue]?.keys[id] else { return .missing }
      switch apply(move.event, to: key, in: queue) {
      case nil: return .moved
      case .wrongStatus(let status)?: return .refused(status)
      case .stale?: return .missing
      }
    }
  }

  public func move(
    all status: Status, of queue: QueueName, by move: Move, where filter: ItemFilter,
    after: ItemKey?
  ) throws(StoreError) -> MovePage {
    revision += 1
    defer { finish() }
    var page = MovePage()
    guard let found = queues[queue] else { return page }
    let keys = found.keys { $0.status == status }.filter { key in
      after.map { $0 < key } ?? true
        && found.entries[key].map { matches(key, $0, found, filter) } ?? false
    }
    for key in keys.prefix(Turn.maximumItems) {
      let refusal = apply(move.event, to: key, in: queue)
      if refusal == nil { page.moved += 1 } else { page.refused += 1 }
    }
    if keys.count > Turn.maximumItems { page.next = keys[Turn.maximumItems - 1] }
    return page
  }

  public func removeQueue(_ queue: QueueName) throws(StoreError) -> Bool {
    guard queues[queue]?.entries.isEmpty ?? true, queues[queue]?.pruned.isEmpty ?? true else {
      return false
    }
    guard try summary(of: queue)?.revoked ?? 0 == 0 else { return false }
    if let number = queues[queue]?.number {
      fed[number] = nil
      for key in fed.keys { fed[key]?.remove(number) }
    }
    queues[queue] = nil
    return true
  }
}
