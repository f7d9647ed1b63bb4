import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// What is damaged and can be derived from the rest is sound after a repair.
@Suite struct RepairTests {
  private static let now = Timestamp(microseconds: 9_000)

  @Test func `a sound store is left as it is`() throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    let revision = made.store.revision
    #expect(try made.store.repair() == Repairs())
    #expect(made.store.revision == revision)
  }

  @Test(arguments: AuditTests.cases)
  func `a repair makes sound that`(_ damage: AuditTests.Case) throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    try made.store.write { try damage.plant(&$0) }
    let repairs = try made.store.repair()
    #expect(repairs.count > 0 && repairs.described.count == Int(repairs.count))
    #expect(try made.store.audit().findings == [], "\(repairs.described)")
    #expect(try made.store.repair() == Repairs(), "what is repaired stays so")
  }

  @Test func `a record that is lost is made again from its id, and its item has failed`() throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    try made.store.write { session in
      for sequence in [1, 5] as [UInt64] {
        let key = ItemKey(queue: 1, priority: 128, sequence: sequence)
        _ = try key.withBytes { try session.transaction.delete($0, in: .items) }
      }
    }
    _ = try made.store.repair()
    let done = try #require(try made.store.item(ItemID("done")!, in: .default))
    #expect(done.state.status == .done && done.payloadLength == nil)
    let pending = try #require(try made.store.item(ItemID("pending")!, in: .default))
    guard case .failed(let ending) = pending.state else {
      Issue.record("it is \(pending.state)")
      return
    }
    #expect(ending.run.message == Array("its record was lost".utf8))
  }

  @Test func `an item whose payload is lost fails, and no handler gets it without`() throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    let key = ItemKey(queue: 1, priority: 128, sequence: 4)
    try made.store.write { session in
      _ = try key.withBytes { try session.transaction.delete($0, in: .payloads) }
    }
    #expect(
      try made.store.repair().described == [
        "item 1/128/4 had no payload any more: made failed",
        "queue default counted wrong: now 6 items",
      ])
    #expect(try made.store.item(ItemID("large")!, in: .default)?.state.status == .failed)
  }

  @Test func `counts beyond all reason are made what is there`() throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    try made.store.write { session in
      try session.update(1) { record in
        (record.counts.removed, record.counts.enqueued, record.counts.done) = (.max, 0, .max)
      }
    }
    #expect(try made.store.audit().findings != [])
    _ = try made.store.repair()
    #expect(try made.store.audit().findings == [])
    #expect(try made.store.summary(of: .default)?.counts.enqueued == 6)
  }

  @Test func `numbers that are lost are not given again`() throws {
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    try made.store.write { session in
      _ = try session.transaction.delete(Format.numbersKey, in: .meta)
    }
    _ = try made.store.repair()
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "", pidNamespace: 1)
    let worker = try made.store.register(process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }.id
    #expect(worker.number > 1)
  }

  /// Records are removed, cut, changed and moved at random, many at a time.
  @Test(arguments: 0..<400) func `whatever happened to records, a repair makes the rest sound`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    let made = try AuditTests.soundStore()
    defer { withExtendedLifetime(made) {} }
    let long = (0..<6).map { ItemID(String(repeating: "long", count: 150) + "\($0 % 3)-\($0)")! }
    for queue in [QueueName.default, QueueName("other")!] {
      var batch = ItemBatch(long + (1...20).map { ItemID("more\($0)")! })
      // Every other one of the stores has groups.
      for number in 1...8 where seed % 2 == 1 {
        batch.append(
          id: Array("in\(number)".utf8), payload: nil, group: GroupName("group\(number % 3)"))
      }
      // Every third one has a batch, that other items await.
      if seed % 3 == 0 { batch.batch = BatchName("batch") }
      _ = try made.store.enqueue(batch, to: queue, priority: 5, until: nil)
      if seed % 5 < 2 { try Self.spend(in: queue, of: made.store) }
      guard seed % 3 == 0 else { continue }
      if seed % 2 == 0 { _ = try made.store.seal(BatchName("batch")!) { _ in false } }
      var waiting = ItemBatch((1...4).map { ItemID("waits\($0)")! })
      waiting.after = BatchEnd.allCases.map { Prerequisite(BatchName("batch")!, $0) }
      _ = try made.store.enqueue(waiting, to: queue, priority: 5, until: nil)
    }
    let before = try Self.states(made.store)
    var touched: Set<[UInt8]> = []
    try made.store.write { session in
      let all = Table.all.filter { $0 != .history }
      for _ in 0..<Int.random(in: 1...25, using: &random) {
        let table = all.randomElement(using: &random)!
        if table == .meta {
          _ = try session.transaction.delete(Format.numbersKey, in: table)
        } else if let key = try Self.damage(table, session, &random) {
          touched.insert(key)
        }
      }
    }
    let repairs = try made.store.repair()
    let findings = try made.store.audit().findings
    #expect(findings == [], "\(repairs.described)")
    let again = try made.store.repair()
    #expect(again == Repairs())
    // What nothing happened to is there, and done is done.
    let after = try Self.states(made.store)
    let ids = Set(after.map { "\($0.key.queue) \($0.value.id)" })
    for (key, item) in before where !touched.contains(key.withBytes { Array($0) }) {
      #expect(ids.contains("\(key.queue) \(item.id)"), "\(key) is lost: \(repairs.described)")
      if item.status == .done, let now = after[key] {
        #expect(now.status == .done, "\(repairs.described)")
      }
    }
  }

  /// Has items spend and reserve.
  private static func spend(in queue: QueueName, of store: OrderedQueueStore) throws {
    let unit = UnitName("usd")!
    var request = LeaseRequest(queue: queue, wanted: 6, length: .seconds(60))
    request.reserve = [unit: Amount(millionths: 7)]
    let claims = try store.claim(request).claims
    let outcomes: [Outcome] = [.succeeded, .failed(final: true), .released, .succeeded]
    _ = try store.settle(
      zip(claims, outcomes).map {
        LeaseSettlement(
          token: $0.token, outcome: $1, jitter: 0, spent: [unit: Amount(millionths: 1_000_001)],
          result: ItemResult([1, 2, 3]))
      })
  }

  /// Every item's id and status.
  private static func states(
    _ store: OrderedQueueStore
  ) throws -> [ItemKey: (id: [UInt8], status: Status?)] {
    try store.read { reading in
      var keys: [ItemKey] = []
      try reading.transaction.scan(.items, from: noBytes) { key, _ in
        keys.append(try ItemKey(bytes: key))
        return true
      }
      var found: [ItemKey: (id: [UInt8], status: Status?)] = [:]
      for key in keys {
        let item = try reading.record(of: key, withPayload: false)
        found[key] = (item?.record.id ?? [], try reading.state(of: key)?.status)
      }
      return found
    }
  }

  /// Damages one entry, and gives the key that was damaged or made.
  private static func damage(
    _ table: Table, _ session: borrowing WriteSession, _ random: inout SplitMix64
  ) throws -> [UInt8]? {
    var entries: [(key: [UInt8], value: [UInt8])] = []
    try session.transaction.scan(table, from: noBytes) { key, value in
      entries.append((Array(key), Array(value)))
      return true
    }
    guard let (key, value) = entries.randomElement(using: &random) else { return nil }
    var (newKey, newValue) = (key, value)
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      _ = try session.transaction.delete(key, in: table)
      return key
    case 1: newValue = Array(value.prefix(.random(in: 0...value.count, using: &random)))
    case 2:
      guard let place = newValue.indices.randomElement(using: &random) else { return nil }
      newValue[place] ^= UInt8.random(in: 1...255, using: &random)
    case 3:
      guard let place = newKey.indices.randomElement(using: &random) else { return nil }
      newKey[place] ^= UInt8.random(in: 1...255, using: &random)
    default: newKey = Array(key.prefix(.random(in: 1...key.count, using: &random)))
    }
    try session.transaction.put(newValue, for: newKey, in: table)
    return newKey
  }
}
