import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

@Suite struct RecordTests {
  private func written(_ write: (inout RecordWriter) -> Void) -> [UInt8] {
    var writer = RecordWriter()
    write(&writer)
    return writer.bytes
  }

  private func read<Value>(
    _ bytes: [UInt8], _ body: (inout RecordReader) throws -> Value
  ) throws -> Value {
    try bytes.withUnsafeBytes { bytes in
      var reader = RecordReader(bytes)
      return try body(&reader)
    }
  }

  /// Reads bytes that may mean nothing: an error must be that of an unsound store.
  private func readOrRefuse(_ bytes: [UInt8], _ body: (inout RecordReader) throws -> Void) {
    do { try read(bytes, body) } catch { #expect((error as? StoreError)?.code == .unsound) }
  }

  private func queue(_ random: inout SplitMix64) -> QueueRecord {
    var record = QueueRecord(number: 7, name: QueueName("a.queue-_9")!)
    record.nextSequence = random.number()
    for status in Status.allCases { record.counts[status] = random.number() }
    record.counts.scheduled = random.number()
    record.counts.orphaned = random.number()
    record.counts.leased = random.number()
    record.counts.enqueued = random.number()
    record.counts.removed = random.number()
    let pauses: [QueueSettings.Pause?] = [nil, .indefinite, .until(random.time())]
    record.settings.pause = pauses.randomElement(using: &random)!
    func some<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
    record.settings.maximumAttempts = some(.random(in: 0...(.max), using: &random))
    record.settings.maximumLosses = some(.random(in: 0...9, using: &random))
    record.settings.backoff = some(.microseconds(1) ... .seconds(7))
    record.settings.timeout = some(.microseconds(Int64.random(in: 0...(.max), using: &random)))
    record.settings.rate = some(Rate(count: .max, per: .seconds(9))!)
    record.settings.workers = some(4_096)
    record.nextStart = some(random.time())
    return record
  }

  private func worker(_ random: inout SplitMix64) -> WorkerRecord {
    let process = ProcessIdentity(
      pid: Int32(truncatingIfNeeded: random.next()), startTicks: random.number(),
      bootID: Bool.random(using: &random) ? "" : "8d3f-é", pidNamespace: random.number())
    return WorkerRecord(
      id: WorkerID(random.number() >> 24), process: process, registeredAt: random.time())
  }

  @Test(arguments: Status.allCases)
  func `a state is read as it was written, to the last byte`(_ status: Status) throws {
    var random = SplitMix64(seed: 5)
    for _ in 0..<500 {
      let state = random.state(status)
      let bytes = written { StateRecord.write(state, to: &$0) }
      try read(bytes) { reader throws in
        #expect(try StateRecord.read(status, from: &reader) == state)
        #expect(reader.isAtEnd)
      }
    }
  }

  @Test func `a new item's state takes no bytes, and small tallies few`() {
    #expect(written { StateRecord.write(.pending(Tally()), to: &$0) }.isEmpty)
    let tally = Tally(attempts: 2, crashes: 0, timeouts: 0, deferrals: 0, losses: 0)
    #expect(written { StateRecord.write(.pending(tally), to: &$0) } == [2])
  }

  @Test func `queues and workers are read as they were written`() throws {
    var random = SplitMix64(seed: 6)
    for _ in 0..<500 {
      let (queue, worker) = (queue(&random), worker(&random))
      #expect(
        try read(written { queue.write(to: &$0) }) { try QueueRecord(number: 7, from: &$0) }
          == queue)
      #expect(
        try read(written { worker.write(to: &$0) }) { try WorkerRecord(id: worker.id, from: &$0) }
          == worker)
    }
  }

  @Test func `a record cut short anywhere is refused or read, never a trap`() {
    var random = SplitMix64(seed: 7)
    for status in Status.allCases {
      for _ in 0..<5 {
        let state = random.state(status)
        let bytes = written { StateRecord.write(state, to: &$0) }
        for length in 0..<bytes.count {
          readOrRefuse(Array(bytes[..<length])) { _ = try StateRecord.read(status, from: &$0) }
        }
      }
    }
    let (queue, worker) = (queue(&random), worker(&random))
    let records = [written { queue.write(to: &$0) }, written { worker.write(to: &$0) }]
    // One that ends behind the queue's name is from before there were settings.
    let named = written { QueueRecord(number: 1, name: queue.name).write(to: &$0) }.count - 1
    for length in 0..<records[0].count where length != named {
      #expect(throws: StoreError.self) {
        try read(Array(records[0][..<length])) { _ = try QueueRecord(number: 1, from: &$0) }
      }
    }
    for length in 0..<28 {
      #expect(throws: StoreError.self) {
        try read(Array(records[1][..<length])) {
          _ = try WorkerRecord(id: WorkerID(1), from: &$0)
        }
      }
    }
  }

  @Test func `random bytes are refused or read, never a trap`() {
    var random = SplitMix64(seed: 8)
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0..<120, using: &random)).map { _ in
        let byte = UInt8(truncatingIfNeeded: random.next())
        return random.next() & 3 == 0 ? [0, 1, 0x7f, 0x80, 0xff][Int(byte) % 5] : byte
      }
      for status in Status.allCases {
        readOrRefuse(bytes) { _ = try StateRecord.read(status, from: &$0) }
      }
      readOrRefuse(bytes) { _ = try QueueRecord(number: 1, from: &$0) }
      readOrRefuse(bytes) { _ = try WorkerRecord(id: WorkerID(1), from: &$0) }
      bytes.withUnsafeBytes { bytes in
        _ = try? ItemKey(bytes: bytes)
        _ = try? DueKey(bytes: bytes)
      }
    }
  }

  @Test func `numbers of every length are read as they were written`() throws {
    var random = SplitMix64(seed: 9)
    for _ in 0..<1_000 {
      let number = random.number()
      let bytes = written {
        $0.put(varint: number)
        $0.put(zigzag: Int64(bitPattern: number))
      }
      try read(bytes) { reader throws in
        #expect(try reader.varint() == number)
        #expect(try reader.zigzag() == Int64(bitPattern: number))
      }
    }
    #expect(throws: StoreError.self) {
      try read([UInt8](repeating: 0xff, count: 11)) { _ = try $0.varint() }
    }
  }

  @Test func `keys lie in the store as twelve and twenty bytes that sort`() throws {
    var random = SplitMix64(seed: 10)
    for _ in 0..<1_000 {
      let key = ItemKey(
        queue: UInt32(truncatingIfNeeded: random.number()), rank: random.number())
      try key.withBytes { bytes throws in
        #expect(bytes.count == ItemKey.length)
        #expect(try ItemKey(bytes: bytes) == key)
      }
      let times = (0..<2).map { _ in Timestamp(microseconds: Int64(random.number() >> 1)) }
      let due = times.map { time in
        DueKey(queue: 1, until: time, rank: 5).withBytes { Array($0) }
      }
      #expect((times[0] < times[1]) == due[0].lexicographicallyPrecedes(due[1]))
    }
  }
}
