import QueueCore

/// The items of a group, of a batch, or of both, for commands that go through queues.
struct ItemSelection {
  private static let page = 1_000

  let group: GroupName?
  let batch: BatchName?
  /// Where they are looked for.
  let queues: [QueueName]

  /// Throws `noInput` when the batch is not there, or the group, in each of the queues or, of a batch, in any: a
  /// name that was mistyped would find nothing.
  init(
    group: GroupName?, batch: BatchName?, of queues: [QueueName], in store: any PlacedStore
  ) throws {
    (self.group, self.batch, self.queues) = (group, batch, queues)
    if let batch, try store.batch(batch) == nil { throw CommandError.noBatch(batch, in: store) }
    guard let group else { return }
    let without = try queues.filter { try store.group(group, of: $0) == nil }
    if batch != nil, without.count < queues.count { return }
    if let queue = without.first {
      throw CommandError(
        .noInput,
        "no such group: \(VisibleText.escaped(group.bytes)): in queue \(queue): "
          + "q-stats --groups shows those that there are")
    }
  }

  func matches(_ item: Item) -> Bool {
    (group == nil || item.group == group) && (batch == nil || item.batch == batch)
  }

  /// How many items in these statuses there are; what counts them already is asked where there is something.
  func count(_ statuses: Set<Status>, in store: any PlacedStore) throws -> UInt64 {
    if batch == nil, let group {
      return try queues.reduce(0) { sum, queue in
        let counts = try store.group(group, of: queue)?.counts ?? Counts()
        return statuses.reduce(sum) { $0 + counts[$1] }
      }
    }
    if group == nil, let batch, try queues.count == store.summaries().count {
      let counts = try store.batch(batch)?.counts ?? Counts()
      return statuses.reduce(0) { $0 + counts[$1] }
    }
    var count: UInt64 = 0
    try forEachPage(statuses, in: store) { count += UInt64($1.count) }
    return count
  }

  /// Hands over the items in these statuses, a few thousand at a time at most.
  func forEachPage(
    _ statuses: Set<Status>, in store: any PlacedStore, _ body: (QueueName, [Item]) throws -> Void
  ) throws {
    for queue in queues {
      var after: ItemKey?
      repeat {
        let page = try store.items(of: queue, in: statuses, after: after, limit: Self.page)
        let items = page.items.filter(matches)
        if !items.isEmpty { try body(queue, items) }
        after = page.next
      } while after != nil
    }
  }
}

extension StoreOptions {
  /// The queues that items of a group or a batch are looked for in: a batch may have some in all of them, whatever
  /// $Q_QUEUE says.
  func queues(of batch: BatchName?, in store: any PlacedStore) throws -> [QueueName] {
    if batch != nil, queues.isEmpty { return try store.summaries().map(\.name) }
    return try queueNames.map { try summary(of: $0, in: store).name }
  }
}

extension CommandError {
  /// A batch must be there: a name that was mistyped would find nothing.
  static func noBatch(_ name: BatchName, in store: any PlacedStore) -> CommandError {
    CommandError(
      .noInput,
      "no such batch: \(VisibleText.escaped(name.bytes)): in \(store.address): "
        + "q-stats --batches shows those that there are")
  }
}
