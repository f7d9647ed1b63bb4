import QueueCore

/// A queue as `queues` keeps it; the layout is in ``Format``.
struct QueueRecord: Equatable {
  var number: UInt32
  var name: QueueName
  var nextSequence: UInt64 = 1
  var counts = Counts()
  var settings = QueueSettings()
  /// What the rate goes on from.
  var nextStart: Timestamp?
  /// nil: it never had a group.
  var grouping: Grouping?
  /// Something was spent, or reserved, since it was made.
  var hasSpending = false
  /// The number of the next end; 0: ends are not numbered.
  var nextEnd: UInt64 = 0
  /// Ids that are known of pruned items alone.
  var pruned: UInt64 = 0
  /// Items have ended by recipes since it was made.
  var hasRecipes = false
  /// The number of the next end when it came from elsewhere; 0: it did not.
  var restoredEnd: UInt64 = 0
  /// How far the items are looked through that are done, where they are kept for a time only.
  var trim = Trim()

  init(number: UInt32, name: QueueName) {
    self.number = number
    self.name = name
  }

  init(number: UInt32, from reader: inout RecordReader) throws(StoreError) {
    self.number = number
    nextSequence = try reader.uint64()
    counts.pending = try reader.uint64()
    counts.delayed = try reader.uint64()
    counts.processing = try reader.uint64()
    counts.done = try reader.uint64()
    counts.failed = try reader.uint64()
    counts.scheduled = try reader.uint64()
    counts.orphaned = try reader.uint64()
    counts.enqueued = try reader.uint64()
    counts.removed = try reader.uint64()
    let pause = try reader.byte()
    let until = try reader.time()
    settings.pause = pause == 0 ? nil : pause == 1 ? .indefinite : .until(until)
    name = QueueName(unchecked: String(decoding: try reader.counted(), as: UTF8.self))
    // Records from before there were settings end here.
    guard !reader.isAtEnd else { return }
    let beside = try SettingsRecord.read(into: &settings, from: &reader)
    (nextStart, counts.leased) = (beside.nextStart, beside.leased)
    counts.awaiting = beside.awaiting
    (grouping, hasSpending) = (beside.grouping, beside.hasSpending)
    (nextEnd, pruned, hasRecipes) = (beside.nextEnd, beside.pruned, beside.hasRecipes)
    (trim, restoredEnd) = (beside.trim, beside.restoredEnd)
  }

  func write(to writer: inout RecordWriter) {
    writer.put(nextSequence)
    writer.put(counts.pending)
    writer.put(counts.delayed)
    writer.put(counts.processing)
    writer.put(counts.done)
    writer.put(counts.failed)
    writer.put(counts.scheduled)
    writer.put(counts.orphaned)
    writer.put(counts.enqueued)
    writer.put(counts.removed)
    switch settings.pause {
    case nil:
      writer.put(0 as UInt8)
      writer.put(0 as UInt64)
    case .indefinite?:
      writer.put(1 as UInt8)
      writer.put(0 as UInt64)
    case .until(let end)?:
      writer.put(2 as UInt8)
      writer.put(end)
    }
    writer.put(counted: name.text.utf8)
    let beside = SettingsRecord.Beside(
      nextStart: nextStart, leased: counts.leased, awaiting: counts.awaiting, grouping: grouping,
      hasSpending: hasSpending, nextEnd: nextEnd, pruned: pruned, hasRecipes: hasRecipes,
      trim: trim, restoredEnd: restoredEnd)
    SettingsRecord.write(settings, beside, to: &writer)
  }
}
