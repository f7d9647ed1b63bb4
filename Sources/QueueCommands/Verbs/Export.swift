import ArgumentParser
import QueueCore

/// `q-export`: everything that is known, as lines.
struct Export: QueueCommand {
  static let takesSeveralQueues = true

  static let help = CommandHelp(
    "q-export", "Print everything that a store knows, as JSON, a line each.",
    usage: "[options]",
    examples: [
      "q-export > backup.jsonl",
      "q-export --queue photos | q-import -s elsewhere",
      "q-export | jq -c 'select(.item.status == \"failed\") | .item.id'",
    ],
    sections: [
      HelpSection(
        "LINES",
        intro: """
          Each line is an object with one member, which says what it is: q_export (the first one, with
          the form of the others), queue (its settings), group (its settings), item, pruned (an id that
          is known), batch, and q_export_end (the last one, with the number of items). Text that is not
          UTF-8 is in base 64, in a member whose name ends in _b64. Moments are exact to the
          microsecond. What is claimed comes as processing; q-import makes it pending. Others may work
          meanwhile: an item is there once, as it is when its turn comes. History, workers and claims
          stay behind. An item that is requeued or pruned meanwhile may be missing, or there twice, and a batch
          that grows is open: a copy of one moment is what q-copy makes.
          """)
    ],
    exits: [.success: "all of it was written"])

  @OptionGroup var storeOptions: StoreOptions

  /// Of a page of items.
  private static let (count, bytes) = (1_000, 16 << 20)

  func execute() throws {
    let store = try storeOptions.open()
    let isWhole = storeOptions.queues.isEmpty
    let queues =
      try isWhole
      ? store.summaries().map(\.name)
      : storeOptions.queueNames.map { try storeOptions.summary(of: $0, in: store).name }
    var output = DataOutput()
    try output.write(ExportLines.head(store.address, store.now))
    for queue in queues {
      if let stored = try store.stored(queue) { try output.write(ExportLines.line(stored)) }
    }
    var items: UInt64 = 0
    var sealed: Set<BatchName> = []
    try forEachBatch(of: store) { if $0.isSealed { sealed.insert($0.name) } }
    // How many of each have been written.
    var written: [BatchName: UInt64] = [:]
    for queue in queues {
      try write(groupsOf: queue, store, &output)
      var last: ItemKey?
      while true {
        let page = try store.stored(
          in: queue, after: last, limit: Self.count, bytes: Self.bytes)
        for item in page {
          try output.write(ExportLines.line(item, of: queue))
          if let batch = item.item.batch { written[batch, default: 0] += 1 }
          for awaited in item.item.awaited { written[awaited.batch, default: 0] += 0 }
        }
        items += UInt64(page.count)
        guard let end = page.last else { break }
        last = end.item.key
      }
      try write(prunedOf: queue, store, &output)
    }
    try forEachBatch(of: store) { batch in
      guard isWhole || written[batch.name] != nil else { return }
      // What is here in part, or grew meanwhile, must not be complete elsewhere.
      let count = written[batch.name] ?? 0
      let isAll = sealed.contains(batch.name) && batch.isSealed && batch.counts.total == count
      try output.write(ExportLines.line(batch, isSealed: isAll, items: count))
    }
    try output.write(ExportLines.end(items))
    try output.flush()
  }

  private func write(
    groupsOf queue: QueueName, _ store: any PlacedStore, _ output: inout DataOutput
  ) throws {
    var after: UInt32?
    while true {
      let page = try store.groups(of: queue, after: after, limit: Self.count)
      for group in page {
        if let line = ExportLines.line(group, of: queue) { try output.write(line) }
      }
      guard page.count == Self.count, let last = page.last else { return }
      after = last.number
    }
  }

  private func write(
    prunedOf queue: QueueName, _ store: any PlacedStore, _ output: inout DataOutput
  ) throws {
    var after: [UInt8]?
    repeat {
      let page = try store.storedIDs(of: queue, after: after)
      for id in page.ids { try output.write(ExportLines.line(id, of: queue)) }
      after = page.next
    } while after != nil
  }

  private func forEachBatch(
    of store: any PlacedStore, _ body: (BatchSummary) throws -> Void
  ) throws {
    var after: UInt32?
    while true {
      let page = try store.batches(after: after, limit: Self.count)
      for batch in page { try body(batch) }
      guard page.count == Self.count, let last = page.last else { return }
      after = last.number
    }
  }
}
