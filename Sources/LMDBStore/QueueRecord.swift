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
    for _ in 0..<(try reader.byte()) { try readSetting(from: &reader) }
  }

  private mutating func readSetting(from reader: inout RecordReader) throws(StoreError) {
    switch try reader.byte() {
    case 1: settings.maximumAttempts = UInt32(clamping: try reader.varint())
    case 2: settings.maximumLosses = UInt32(clamping: try reader.varint())
    case 3:
      let (base, maximum) = (try reader.duration(), try reader.duration())
      guard base <= maximum else { throw RecordReader.unsound("a back-off ends before it begins") }
      settings.backoff = base...maximum
    case 4: settings.timeout = try reader.duration()
    case 5:
      let count = UInt32(clamping: try reader.varint())
      guard let rate = Rate(count: count, per: try reader.duration()) else {
        throw RecordReader.unsound("a rate is not above zero")
      }
      settings.rate = rate
    case 6: settings.workers = UInt32(clamping: try reader.varint())
    case 7: nextStart = try reader.time()
    default: throw RecordReader.unsound("a queue has a setting that this program does not know")
    }
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
    writeSettings(to: &writer)
  }

  private func writeSettings(to writer: inout RecordWriter) {
    let isSet = [
      settings.maximumAttempts != nil, settings.maximumLosses != nil, settings.backoff != nil,
      settings.timeout != nil, settings.rate != nil, settings.workers != nil, nextStart != nil,
    ]
    writer.put(UInt8(isSet.count { $0 }))
    if let attempts = settings.maximumAttempts { writer.put(tag: 1, UInt64(attempts)) }
    if let losses = settings.maximumLosses { writer.put(tag: 2, UInt64(losses)) }
    if let backoff = settings.backoff {
      writer.put(tag: 3, backoff.lowerBound.recorded)
      writer.put(varint: backoff.upperBound.recorded)
    }
    if let timeout = settings.timeout { writer.put(tag: 4, timeout.recorded) }
    if let rate = settings.rate {
      writer.put(tag: 5, UInt64(rate.count))
      writer.put(varint: rate.period.recorded)
    }
    if let workers = settings.workers { writer.put(tag: 6, UInt64(workers)) }
    if let nextStart {
      writer.put(7 as UInt8)
      writer.put(nextStart)
    }
  }
}

extension RecordWriter {
  fileprivate mutating func put(tag: UInt8, _ value: UInt64) {
    put(tag)
    put(varint: value)
  }
}

extension RecordReader {
  fileprivate mutating func duration() throws(StoreError) -> Duration {
    .microseconds(Int64(clamping: try varint()))
  }
}

extension Duration {
  /// Microseconds, as they are written.
  fileprivate var recorded: UInt64 { UInt64(clamping: wholeMicroseconds) }
}
