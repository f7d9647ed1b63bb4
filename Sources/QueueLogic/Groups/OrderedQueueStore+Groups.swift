import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Changes what a group is set to; see ``QueueStore``.
  public func configure(
    _ group: GroupName, of queue: QueueName, _ change: (inout GroupSettings) -> Void
  ) throws(StoreError) {
    try write { session in
      let queue = try session.makeQueue(queue)
      let number = try session.makeGroup(group, in: queue)
      try session.update(GroupKey(queue: queue, number: number)) { change(&$0.settings) }
    }
  }

  /// A part of a queue's groups; see ``QueueStore``.
  public func groups(
    of queue: QueueName, after: UInt32?, limit: Int
  ) throws(StoreError) -> [GroupSummary] {
    try read { reading in
      guard let number = try reading.queueNumber(of: queue), limit > 0, after != .max else {
        return []
      }
      var found: [GroupSummary] = []
      try reading.walkGroups(of: number, from: after.map { $0 &+ 1 } ?? 0) { record in
        found.append(record.summary(named: try reading.name(of: record.key)))
        return found.count < limit
      }
      return found
    }
  }

  /// The group of that name; see ``QueueStore``.
  public func group(
    _ group: GroupName, of queue: QueueName
  ) throws(StoreError) -> GroupSummary? {
    try read { reading in
      guard let queue = try reading.queueNumber(of: queue),
        let number = try reading.groupNumber(of: group, in: queue)
      else { return nil }
      return try reading.group(GroupKey(queue: queue, number: number))?.summary(named: group)
    }
  }

  /// Has all groups that rest, or have as many runs as they may, look whether that still holds: limits have
  /// changed. At most 4,000 a transaction.
  func placeGroupsAnew(of queue: UInt32) throws(StoreError) {
    var last: TurnKey?
    repeat {
      last = try write { session in
        guard try session.exists(queue) else { return nil }
        return try session.touch(of: queue, [2, 3], after: last) { _ in true }
      }
    } while last != nil
  }
}
