import OrderedStore
import QueueCore

/// A filter, with its names looked up in a snapshot.
struct FilterTest {
  private let filter: ItemFilter
  private let group: UInt32?
  private let batch: UInt32?
  /// The end that every reader of the queue has read; nil: whatever was read.
  private let read: UInt64?

  /// nil: there is no such group or batch, so nothing is meant.
  init?(_ filter: ItemFilter, of queue: UInt32, _ reading: StoreReading) throws {
    self.filter = filter
    group = try filter.group.flatMap { try reading.groupNumber(of: $0, in: queue) }
    batch = try filter.batch.flatMap { try reading.batchNumber(of: $0) }
    if filter.group != nil && group == nil || filter.batch != nil && batch == nil { return nil }
    read = filter.isRead ? try reading.readers(of: queue).values.min() : nil
  }

  func matches(_ key: ItemKey, _ state: ItemState, _ reading: StoreReading) throws -> Bool {
    if let group, state.tally.group != group { return false }
    if let batch, state.tally.batch != batch { return false }
    if let mark = filter.endedBefore {
      guard let ending = state.ending, EndMark(ending.run.endedAt, rank: key.rank) < mark else {
        return false
      }
    }
    if let recipe = filter.notBy, try reading.recipe(of: key) == recipe { return false }
    if let read, let end = try reading.end(of: key), end.number > read { return false }
    return true
  }
}

extension StoreReading {
  /// How many entries are looked at in one snapshot.
  static let longestLook = 100_000

  /// Visits the items of a status that a filter means, until `visit` says false or many have been looked at; the
  /// last that was looked at then, nil at the end.
  func visit(
    _ status: Status, of queue: QueueName, where filter: ItemFilter, after: ItemKey?,
    _ visit: (ItemKey, ItemState) throws -> Bool
  ) throws -> ItemKey? {
    guard let number = try queueNumber(of: queue),
      let test = try FilterTest(filter, of: number, self)
    else { return nil }
    let start = ItemKey(queue: number, rank: after?.rank ?? 0)
    var (last, looked) = (nil as ItemKey?, 0)
    try walk(status, from: start) { key, state in
      last = nil
      guard key.queue == number else { return false }
      if key == start, after != nil { return true }
      looked += 1
      let goesOn = try !test.matches(key, state, self) || visit(key, state)
      guard goesOn, looked < Self.longestLook else {
        last = key
        return false
      }
      return true
    }
    return last
  }

  /// The keys of items of a status that a filter means, as many as a transaction moves, and where to go on.
  func items(
    _ status: Status, of queue: QueueName, where filter: ItemFilter, after: ItemKey?
  ) throws -> (keys: [ItemKey], next: ItemKey?) {
    var keys: [ItemKey] = []
    let next = try visit(status, of: queue, where: filter, after: after) { key, _ in
      keys.append(key)
      return keys.count < Turn.maximumItems
    }
    return (keys, next)
  }
}
