import QueueCore

/// Moves items, and counts and names what came of it.
struct ItemChange {
  /// Who does it, for messages.
  let command: String
  /// What is said of items that were moved, and of those that could not be.
  let done, refusal: String
  /// Lines of input that were no ids.
  var bad: UInt64 = 0
  /// What else was left undone.
  var remains: String?
  private(set) var moved: UInt64 = 0
  private(set) var refused: UInt64 = 0
  private(set) var missing: UInt64 = 0
  private static let named: UInt64 = 20

  init(command: String, done: String, refusal: String) {
    self.command = command
    self.done = done
    self.refusal = refusal
  }

  /// Moves the items that were just found in these statuses. What has left them, or is gone, meanwhile
  /// is none of those that were meant.
  mutating func move(
    found items: [Item], in statuses: Set<Status>, of queue: QueueName, in store: any PlacedStore,
    by move: Move
  ) throws {
    for result in try store.move(items.map(\.id), in: queue, by: move) {
      switch result {
      case .moved: moved += 1
      case .refused(let status) where statuses.contains(status): refused += 1
      case .refused, .missing: break
      }
    }
  }

  /// Moves items by their ids.
  mutating func move(
    _ ids: [ItemID], of queue: QueueName, in store: any PlacedStore, by move: Move
  ) throws {
    let results = try store.move(ids, in: queue, by: move)
    for (id, result) in zip(ids, results) {
      switch result {
      case .moved: moved += 1
      case .refused(let status):
        refused += 1
        if refused <= Self.named {
          say("\(command): \(refusal): \(VisibleText.escaped(id.bytes)) is \(status.rawValue)")
        }
      case .missing:
        missing += 1
        if missing <= Self.named {
          say("\(command): no such item: \(VisibleText.escaped(id.bytes)): in queue \(queue)")
        }
      }
    }
  }

  /// Moves all items of a status that a filter means, a transaction for each few thousand.
  mutating func move(
    all status: Status, of queue: QueueName, in store: any PlacedStore, by move: Move,
    where filter: ItemFilter = ItemFilter()
  ) throws {
    var after: ItemKey?
    repeat {
      let page = try store.move(all: status, of: queue, by: move, where: filter, after: after)
      moved += UInt64(page.moved)
      refused += UInt64(page.refused)
      after = page.next
    } while after != nil
  }

  /// What was refused before may have been moved since.
  mutating func forgetRefused() { refused = 0 }

  /// Says what was done, and fails if not all of it could be.
  func conclude(json: Bool, quiet: Bool, refused status: ExitStatus) throws {
    if json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("version", 1)
        writer.member(done, moved)
        writer.member("refused", refused)
        writer.member("missing", missing)
      }
      var output = DataOutput()
      try output.write(writer.text + "\n")
      try output.flush()
    }
    if !quiet {
      var parts = ["\(moved.grouped) \(done)"]
      if refused > 0 { parts.append("\(refused.grouped) \(refusal)") }
      if missing > 0 { parts.append("\(missing.grouped) not there") }
      if bad > 0 { parts.append(bad.counting("bad line")) }
      say(parts.joined(separator: ", "))
    }
    if missing > 0 { throw CommandError(.noInput, "\(missing.counting("id")) not there") }
    if refused > 0 { throw CommandError(status, "\(refused.counting("item")) \(refusal)") }
    if let remains { throw CommandError(.temporary, remains) }
    if bad > 0 { throw CommandError(.badData, "\(bad.counting("bad line")) skipped") }
  }
}
