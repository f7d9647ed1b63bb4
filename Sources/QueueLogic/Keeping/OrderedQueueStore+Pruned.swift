import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Whether an id is known of a pruned item alone; see ``QueueStore``.
  public func isPruned(_ id: ItemID, in queue: QueueName) throws(StoreError) -> Bool {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue) else { return false }
      return try reading.pruned(id.bytes, in: number) != nil
    }
  }

  /// Forgets what is known of pruned items; see ``QueueStore``.
  public func forgetPruned(
    of queue: QueueName, after: [UInt8]?
  ) throws(StoreError) -> ForgetPage {
    let looked = try read { reading in
      try reading.queueNumber(of: queue).map { try reading.prunedEntries(of: $0, after: after) }
    }
    guard let looked else { return ForgetPage(forgotten: 0, next: nil) }
    var page = ForgetPage(forgotten: 0, next: looked.next)
    guard !looked.entries.isEmpty else { return page }
    page.forgotten = try write { session in
      guard let number = try session.queueNumber(of: queue) else { return 0 }
      var forgotten = 0
      for entry in looked.entries where try session.forget(entry: entry, of: number) {
        forgotten += 1
      }
      return forgotten
    }
    return page
  }
}

extension StoreReading {
  /// Keys in `ids` of what is known of pruned items, and where to go on.
  func prunedEntries(
    of queue: UInt32, after: [UInt8]?
  ) throws -> (entries: [[UInt8]], next: [UInt8]?) {
    let prefix = withUnsafeBytes(of: queue.bigEndian, Array.init)
    var (entries, last, looked) = ([] as [[UInt8]], nil as [UInt8]?, 0)
    try withBytes(after ?? prefix) { start in
      try transaction.scan(.ids, from: start) { key, value in
        guard key.starts(with: prefix) else {
          last = nil
          return false
        }
        if value.count != 8, after == nil || !key.elementsEqual(start) {
          entries.append(Array(key))
        }
        looked += 1
        last = nil
        guard entries.count < Turn.maximumItems, looked < Self.longestLook else {
          last = Array(key)
          return false
        }
        return true
      }
    }
    return (entries, last)
  }
}

extension WriteSession {
  /// Forgets one entry of `ids` if it is still one of a pruned item. Its key is that of a short id, or that of a
  /// long one, which the entry tells.
  fileprivate mutating func forget(entry key: [UInt8], of queue: UInt32) throws -> Bool {
    guard let value = try transaction.bytes(for: key, in: .ids),
      case .pruned(let pruned) = try withBytes(value, { try IDIndex.known($0, queue) })
    else { return false }
    let id = pruned.longID.isEmpty ? Array(key.dropFirst(4)) : pruned.longID
    return try forgetPruned(id, in: queue)
  }
}
