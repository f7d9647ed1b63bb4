public import QueueCore

/// What is pruned, what stays known of it, and what is to be done again.
extension MemoryStore {
  /// What stays of a pruned item.
  struct Pruned {
    var status: Status
    var payload: [UInt8]?
  }

  /// What becomes of known items of a batch, once the new ones are there.
  func requeue(
    _ known: [Int], _ batch: ItemBatch, _ queue: QueueName, _ result: inout EnqueueResult,
    _ refused: inout [Int]
  ) {
    for index in known {
      let id = batch.id(at: index)
      guard let key = queues[queue]?.keys[id], let entry = queues[queue]?.entries[key] else {
        continue
      }
      let isOther = entry.payload != batch.payload(at: index)
      switch batch.known.changed {
      case .error where isOther: refused.append(index)
      case .requeue where isOther:
        queues[queue]?.entries[key]?.payload = batch.payload(at: index)
        switch entry.state {
        // Nothing moves that waits anyway.
        case .pending(let tally) where tally.isClear: break
        case .delayed(let delay) where delay.reason == .scheduled || delay.reason == .awaiting:
          break
        default: apply(.changed, to: key, in: queue)
        }
        result.requeued += 1
      case .ignore, .error, .requeue:
        if batch.known.again.contains(entry.state.status) {
          apply(.rerun, to: key, in: queue)
          result.requeued += 1
        } else {
          result.duplicates += 1
        }
      }
    }
  }

  /// Whether an id of a batch whose item was pruned is to be entered anew; nil: it is refused.
  func revives(_ pruned: Pruned, _ batch: ItemBatch, _ index: Int) -> Bool? {
    let isOther = pruned.payload != batch.payload(at: index)
    if isOther, batch.known.changed == .error { return nil }
    return isOther && batch.known.changed == .requeue || batch.known.again.contains(pruned.status)
  }

  func matches(_ key: ItemKey, _ entry: Entry, _ queue: Queue, _ filter: ItemFilter) -> Bool {
    if let group = filter.group {
      let number = queue.groups?.first { $0.value.name == group }?.key
      if number == nil || entry.state.tally.group != number { return false }
    }
    if let batch = filter.batch, batches[entry.state.tally.batch]?.name != batch { return false }
    if let mark = filter.endedBefore {
      guard let ending = entry.state.ending, EndMark(ending.run.endedAt, rank: key.rank) < mark
      else { return false }
    }
    if let recipe = filter.notBy, entry.recipe == recipe { return false }
    if filter.isRead, let end = entry.end, let read = queue.readers.values.min(), end > read {
      return false
    }
    return true
  }

  public func mark(
    ofLast count: Int, in statuses: Set<Status>, of queue: QueueName, where filter: ItemFilter
  ) throws(StoreError) -> EndMark? {
    guard let queue = queues[queue] else { return nil }
    let ends = queue.entries.compactMap { key, entry -> EndMark? in
      guard statuses.contains(entry.state.status), matches(key, entry, queue, filter) else {
        return nil
      }
      return entry.state.ending.map { EndMark($0.run.endedAt, rank: key.rank) }
    }.sorted()
    if ends.count <= count { return nil }
    return count == 0 ? EndMark(Timestamp(microseconds: .max)) : ends[ends.count - count]
  }

  public func forgetPruned(
    of queue: QueueName, after: [UInt8]?
  ) throws(StoreError) -> ForgetPage {
    revision += 1
    let count = queues[queue]?.pruned.count ?? 0
    queues[queue]?.pruned = [:]
    return ForgetPage(forgotten: count, next: nil)
  }

  public func isPruned(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    queues[queue]?.pruned[id] != nil
  }

  /// Prunes what was kept long enough; an engine may need several turns for it.
  func trim(_ name: QueueName) {
    guard let queue = queues[name], let keep = queue.settings.keep else { return }
    var filter = ItemFilter()
    filter.isRead = true
    for (key, entry) in queue.entries where matches(key, entry, queue, filter) {
      guard case .done(let ending) = entry.state, ending.run.endedAt + keep <= now else { continue }
      apply(.prune(keepsID: true), to: key, in: name)
    }
  }
}
