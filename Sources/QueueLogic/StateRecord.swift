import QueueCore

/// An item's state as the bytes of its status's sub-database; the layouts are in ``Format``.
enum StateRecord {
  static func write(_ state: ItemState, to writer: inout RecordWriter) {
    switch state {
    case .pending:
      break
    case .delayed(let delay):
      writer.put(delay.until)
      writer.put(delay.reason.rawValue)
      if delay.reason == .awaiting { write(delay.awaited, to: &writer) }
      writer.put(delay.lastRun == nil ? 0 : 1 as UInt8)
      if let run = delay.lastRun { write(run, to: &writer) }
    case .processing(let hold):
      writer.put(hold.token)
      // Workers are numbered from 1.
      writer.put(varint: hold.worker?.number ?? 0)
      writer.put(hold.since)
      writer.put((hold.orphaned ? 1 : 0) | (hold.repeats ? 2 : 0) as UInt8)
      if let end = hold.leaseEnd { writer.put(end) }
    case .done(let ending), .failed(let ending):
      writer.put(ending.reason.rawValue)
      write(ending.run, to: &writer)
    }
    write(state.tally, to: &writer)
  }

  static func read(
    _ status: Status, from reader: inout RecordReader
  ) throws(StoreError) -> ItemState {
    switch status {
    case .pending:
      return .pending(try tally(&reader))
    case .delayed:
      let until = try reader.time()
      guard let reason = Delay.Reason(rawValue: try reader.byte()) else {
        throw StoreError.unsound("an item is delayed for an unknown reason")
      }
      let awaited = reason == .awaiting ? try awaited(&reader) : []
      let lastRun = try reader.byte() == 0 ? nil : try run(&reader)
      return .delayed(
        Delay(
          tally: try tally(&reader), until: until, reason: reason, lastRun: lastRun,
          awaited: awaited))
    case .processing:
      let token = try reader.uint64()
      let worker = WorkerID(try reader.varint())
      guard token < Format.numbersEnd, worker.number < Format.workersEnd else {
        throw StoreError.unsound("a claim's number was never given")
      }
      let since = try reader.time()
      let flags = try reader.byte()
      let holder: Holder =
        worker.number == 0 ? .lease(until: try reader.time()) : .worker(worker)
      return .processing(
        Hold(
          tally: try tally(&reader), token: token, holder: holder, since: since,
          orphaned: flags & 1 != 0, repeats: flags & 2 != 0))
    case .done, .failed:
      guard let reason = Ending.Reason(rawValue: try reader.byte()) else {
        throw StoreError.unsound("an item ended for an unknown reason")
      }
      let last = try run(&reader)
      let ending = Ending(tally: try tally(&reader), reason: reason, run: last)
      return status == .done ? .done(ending) : .failed(ending)
    }
  }

  private static func write(_ all: [Awaited], to writer: inout RecordWriter) {
    writer.put(UInt8(clamping: all.count))
    for awaited in all {
      writer.put(awaited.batch)
      writer.put(awaited.end.rawValue)
      writer.put(awaited.round)
    }
  }

  private static func awaited(_ reader: inout RecordReader) throws(StoreError) -> [Awaited] {
    var all: [Awaited] = []
    for _ in 0..<(try reader.byte()) {
      let awaited = try reader.awaited()
      guard awaited.batch < Format.batchesEnd, !all.contains(awaited) else {
        throw StoreError.unsound("an item awaits a batch that was never made, or one twice")
      }
      all.append(awaited)
    }
    guard !all.isEmpty else { throw StoreError.unsound("an item awaits batches, but none") }
    return all
  }

  private static func write(_ tally: Tally, to writer: inout RecordWriter) {
    let isPlain =
      tally.crashes | tally.timeouts | tally.deferrals | tally.losses | tally.group | tally.batch
      == 0
    // Most items.
    if isPlain {
      if tally.attempts > 0 { writer.put(varint: UInt64(tally.attempts)) }
      return
    }
    var left = (
      tally.attempts, tally.crashes, tally.timeouts, tally.deferrals, tally.losses,
      (tally.group, tally.batch)
    )
    while (left.0 | left.1 | left.2 | left.3 | left.4 | left.5.0 | left.5.1) != 0 {
      writer.put(varint: UInt64(left.0))
      left = (left.1, left.2, left.3, left.4, left.5.0, (left.5.1, 0))
    }
  }

  private static func tally(_ reader: inout RecordReader) throws(StoreError) -> Tally {
    if reader.isAtEnd { return Tally() }
    let tally = Tally(
      attempts: try count(&reader), crashes: try count(&reader), timeouts: try count(&reader),
      deferrals: try count(&reader), losses: try count(&reader), group: try count(&reader),
      batch: try count(&reader))
    guard tally.group < Format.groupsEnd, tally.batch < Format.batchesEnd else {
      throw StoreError.unsound("an item's group or batch was never made")
    }
    return tally
  }

  private static func count(_ reader: inout RecordReader) throws(StoreError) -> UInt32 {
    if reader.isAtEnd { return 0 }
    let count = try reader.varint()
    // One more must be a number, too.
    guard count < 1 << 32 - 1 else { throw StoreError.unsound("an item counts more than can be") }
    return UInt32(count)
  }

  private static func write(_ run: RunSummary, to writer: inout RecordWriter) {
    switch run.exit {
    case nil: writer.put(0 as UInt8)
    case .exited(let status)?:
      writer.put(1 as UInt8)
      writer.put(varint: UInt64(status))
    case .signalled(let signal)?:
      writer.put(2 as UInt8)
      writer.put(varint: UInt64(signal))
    case .notStarted(let errno)?:
      writer.put(3 as UInt8)
      writer.put(varint: UInt64(UInt32(bitPattern: errno)))
    }
    writer.put(run.startedAt)
    writer.put(zigzag: run.endedAt.microseconds &- run.startedAt.microseconds)
    writer.put(counted: run.message)
  }

  private static func run(_ reader: inout RecordReader) throws(StoreError) -> RunSummary {
    let exit: RunExit?
    switch try reader.byte() {
    case 0: exit = nil
    case 1: exit = .exited(UInt8(truncatingIfNeeded: try reader.varint()))
    case 2: exit = .signalled(UInt8(truncatingIfNeeded: try reader.varint()))
    case 3: exit = .notStarted(Int32(truncatingIfNeeded: try reader.varint()))
    default: throw StoreError.unsound("a run ended in an unknown way")
    }
    let startedAt = try reader.time()
    let endedAt = Timestamp(microseconds: startedAt.microseconds &+ (try reader.zigzag()))
    return RunSummary(
      exit: exit, startedAt: startedAt, endedAt: endedAt, message: try reader.counted())
  }
}
