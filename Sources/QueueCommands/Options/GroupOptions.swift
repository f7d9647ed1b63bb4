import ArgumentParser
import QueueCore

/// The name of a group.
struct GroupArgument: ExpressibleByArgument {
  var name: GroupName

  init?(argument: String) {
    guard let name = GroupName(argument) else { return nil }
    self.name = name
  }
}

/// What items are grouped by.
struct GroupByArgument: ExpressibleByArgument {
  var by: GroupBy

  init?(argument: String) {
    guard let by = GroupBy(argument) else { return nil }
    self.by = by
  }
}

/// The items of one group, for commands that go through a queue.
struct GroupItems {
  private static let page = 1_000

  let group: GroupName
  let queue: QueueName

  /// The group must be there: a name that was mistyped would find nothing. Throws `noInput` otherwise.
  init(_ group: GroupName, of queue: QueueName, in store: any PlacedStore) throws {
    (self.group, self.queue) = (group, queue)
    guard try store.group(group, of: queue) != nil else {
      throw CommandError(
        .noInput,
        "no such group: \(VisibleText.escaped(group.bytes)): in queue \(queue): "
          + "q-stats --groups shows those that there are")
    }
  }

  /// Hands over the group's items in these statuses, a few thousand at a time at most.
  func forEachPage(
    _ statuses: Set<Status>, in store: any PlacedStore, _ body: ([Item]) throws -> Void
  ) throws {
    var after: ItemKey?
    repeat {
      let page = try store.items(of: queue, in: statuses, after: after, limit: Self.page)
      let items = page.items.filter { $0.group == group }
      if !items.isEmpty { try body(items) }
      after = page.next
    } while after != nil
  }
}
