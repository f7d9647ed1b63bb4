import QueueCore

/// Lines of q-export on their way into a store.
struct Restoring {
  /// A line may hold a payload and a result of 16 MiB each, of which every byte is written as six.
  private static let longestLine = 256 << 20
  private static let (count, bytes) = (1_000, 16 << 20)

  private let store: any PlacedStore
  /// Where all items go; nil: where their lines say.
  private let only: QueueName?
  /// Where those go whose lines say nothing.
  private let standard: QueueName
  private let conflict: Conflict

  private var (added, replaced, skipped, pruned) = (
    0 as UInt64, 0 as UInt64, 0 as UInt64, 0 as UInt64
  )
  private var (bad, refused) = (0 as UInt64, 0 as UInt64)
  /// Items of one queue that are to go together, their lines' bytes, and what their queue's numbers of ends go on from.
  private var (waiting, waitingBytes) = ([] as [StoredItem], 0)
  private var queue: QueueName
  private var nextEnds: [QueueName: UInt64] = [:]
  private var ids: [StoredID] = []
  private var feeders: [(to: QueueName, from: [QueueName])] = []
  /// Batches that are sealed, and how many items they have.
  private var sealed: [(name: BatchName, items: UInt64?)] = []
  /// Items since a first line, until a last one says how many there are.
  private var expected: UInt64?
  private var isCut = false

  init(
    store: any PlacedStore, into only: QueueName?, standard: QueueName, conflict: Conflict
  ) {
    (self.store, self.only, self.standard, self.conflict) = (store, only, standard, conflict)
    queue = standard
  }

  var summary: String {
    var parts = ["\(added.grouped) imported"]
    if replaced > 0 { parts.append("\(replaced.grouped) replaced") }
    if skipped > 0 { parts.append("\(skipped.grouped) known") }
    if refused > 0 { parts.append("\(refused.grouped) refused") }
    if pruned > 0 { parts.append(pruned.counting("pruned id")) }
    if bad > 0 { parts.append(bad.counting("bad line")) }
    return parts.joined(separator: ", ")
  }

  /// What went wrong with lines; nil: nothing.
  var failure: CommandError? {
    if bad > 0 { return CommandError(.badData, "\(bad.counting("bad line")) skipped") }
    if refused > 0 {
      return CommandError(.badData, "\(refused.counting("item")) refused: their ids are known")
    }
    if isCut {
      return CommandError(
        .badData, "the last line is missing: what was exported is not all here; what came is in")
    }
    return nil
  }

  /// Reads an input to its end.
  mutating func read(_ input: borrowing Input) throws {
    var reader = LineReader(
      input.descriptor, name: input.name, separator: 0x0a, limit: Self.longestLine)
    while true {
      let line: ArraySlice<UInt8>
      switch try reader.next(until: nil) {
      case .line(let found): line = found
      case .tooLong:
        refuse(reader.number, input.name, "it is over 256 MiB")
        continue
      case .pause: continue
      case .end:
        try commit()
        if expected != nil { isCut = true }
        expected = nil
        return
      }
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
      do {
        try take(ImportLine(line, queue: standard, now: store.now), size: line.count)
      } catch let error as BadLine {
        refuse(reader.number, input.name, error.why)
      }
    }
  }

  private mutating func refuse(_ number: UInt64, _ name: String, _ why: String) {
    bad += 1
    if bad <= 20 {
      say("q-import: bad line: \(name): line \(number): \(why)")
    } else if bad == 21 {
      say("q-import: further bad lines are counted, not named")
    }
  }

  private mutating func take(_ line: ImportLine, size: Int) throws {
    switch line {
    case .head(let version):
      guard version == ExportLines.version else {
        throw CommandError(
          .formatVersion,
          "the lines are of form \(version), this program reads \(ExportLines.version)")
      }
      expected = 0
    case .queue(let queue): try take(queue)
    case .group(let queue, let group, let settings):
      try commit()
      let queue = only ?? queue
      if conflict != .replace, let there = try store.group(group, of: queue),
        there.settings != GroupSettings()
      {
        return
      }
      try store.configure(group, of: queue) { $0 = settings }
    case .item(let queue, let item):
      if expected != nil { expected? += 1 }
      let queue = only ?? queue
      if queue != self.queue { try commit() }
      self.queue = queue
      waiting.append(item)
      waitingBytes += size
      if waiting.count >= Self.count || waitingBytes >= Self.bytes { try commit() }
    case .pruned(let queue, let id):
      let queue = only ?? queue
      if queue != self.queue || !waiting.isEmpty { try commit() }
      self.queue = queue
      ids.append(id)
      if ids.count >= Self.count { try commit() }
    case .batch(let name, let isSealed, let items): if isSealed { sealed.append((name, items)) }
    case .end(let items):
      if let seen = expected, seen != items {
        throw BadLine(why: "there should be \(items) items, but \(seen) came")
      }
      expected = nil
    }
  }

  private mutating func take(_ queue: StoredQueue) throws {
    try commit()
    var queue = queue
    if let only { queue.name = only }
    nextEnds[queue.name] = queue.nextEnd
    feeders.append((queue.name, queue.feeders))
    if try !store.restore(queue), conflict == .replace {
      try store.configure(queue.name) { settings, _ in settings = queue.settings }
    }
  }

  /// Puts in what has been read.
  private mutating func commit() throws {
    if !waiting.isEmpty {
      let answers = try store.restore(
        waiting, in: queue, onConflict: conflict, nextEnd: nextEnds[queue] ?? 0)
      for (item, answer) in zip(waiting, answers) {
        switch answer {
        case .added: added += 1
        case .replaced: replaced += 1
        case .skipped: skipped += 1
        case .refused:
          refused += 1
          if refused <= 20 {
            let why = conflict == .replace ? "it is being processed" : "its id is known"
            say(
              "q-import: refused: \(VisibleText.escaped(item.item.id.bytes)): \(why) in queue \(queue)"
            )
          }
        }
      }
      (waiting, waitingBytes) = ([], 0)
    }
    if !ids.isEmpty { pruned += UInt64(try store.restore(ids, in: queue)) }
    ids = []
  }

  /// What can be done when all items are there.
  mutating func finish() throws {
    try commit()
    for feed in feeders { try store.connect(feed.from, to: feed.to) }
    // What was cut, or bad, may be of a batch that others wait for.
    guard failure == nil || refused > 0 && bad == 0 && !isCut else { return }
    for (name, items) in sealed {
      // One with other items is somebody else's, too.
      if let items, try store.batch(name)?.counts.total != items { continue }
      _ = try store.seal(name, isAlive: { _ in true })
    }
  }
}
