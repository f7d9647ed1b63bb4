import OrderedStore
import QueueCore

/// The groups of a batch's new items, on their way into a queue.
struct EnteredGroups {
  private let batch: ItemBatch
  private let queue: UInt32
  /// nil: the queue has no groups.
  private let grouping: Grouping?
  /// The numbers of the batch's groups, as far as they are known, by their places.
  private var numbers: [UInt32?]
  /// New items by the number of their group, in the order in which these came first.
  private var counts: [UInt32: UInt64] = [:]
  private var order: [UInt32] = []
  /// What is to be in `grouped`.
  private var entries: [(group: UInt32, rank: UInt64)] = []

  init(_ batch: ItemBatch, in queue: UInt32, _ session: borrowing WriteSession) throws {
    (self.batch, self.queue) = (batch, queue)
    grouping = try session.queue(queue).grouping
    numbers = Array(repeating: nil, count: batch.groups.count)
  }

  /// Notes an item as one of its group; the number of that, where the queue has groups.
  mutating func enter(
    _ entry: ItemBatch.Entry, _ key: ItemKey, _ status: Status, _ session: inout WriteSession
  ) throws -> UInt32? {
    guard let grouping else { return nil }
    let number = entry.group < 0 ? 0 : try self.number(at: Int(entry.group), &session)
    if counts[number] == nil { order.append(number) }
    counts[number, default: 0] += 1
    if status == .pending, key.sequence >= grouping.since {
      entries.append((number, key.rank))
    }
    return number
  }

  private mutating func number(
    at place: Int, _ session: inout WriteSession
  ) throws -> UInt32 {
    if let number = numbers[place] { return number }
    let number = try session.makeGroup(batch.groups[place], in: queue)
    numbers[place] = number
    return number
  }

  /// Enters what was noted in `grouped`, in the order of its keys, and counts it.
  mutating func finish(_ status: Status, _ session: inout WriteSession) throws {
    entries.sort { $0 < $1 }
    for (number, rank) in entries {
      try GroupedKey(GroupKey(queue: queue, number: number), rank: rank).withBytes {
        try session.transaction.put(noBytes, for: $0, in: .grouped)
      }
    }
    for number in order {
      let times = counts[number] ?? 0
      try session.update(
        GroupKey(queue: queue, number: number), isFirstNew: status == .pending
      ) { $0.move(nil, to: status, times: times) }
    }
  }
}
