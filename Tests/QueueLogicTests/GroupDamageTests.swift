import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage to groups is planted in a sound store: the audit says so, and a repair makes it sound.
@Suite struct GroupDamageTests {
  private typealias Case = AuditTests.Case

  /// Queue 1 has items from before it had groups (1, 2), one without a group (3), and those of group 1 (4 to 6),
  /// of which 4 is claimed and the group is full, and of group 2 (7, 8), which rests.
  static func soundStore() throws -> TablesStore {
    let (made, _, worker) = try TablesStore.withWorker()
    func put(_ ids: [String], _ group: String?) throws {
      var batch = ItemBatch()
      for id in ids {
        batch.append(id: Array(id.utf8), payload: nil, group: group.flatMap { GroupName($0) })
      }
      _ = try made.store.enqueue(batch, to: .default, priority: 128, until: nil)
    }
    try put(["old", "older"], nil)
    var mixed = ItemBatch()
    mixed.append(id: Array("none".utf8), payload: nil)
    for id in ["a1", "a2", "a3"] {
      mixed.append(id: Array(id.utf8), payload: nil, group: GroupName("a"))
    }
    _ = try made.store.enqueue(mixed, to: .default, priority: 128, until: nil)
    try put(["b1", "b2"], "b")
    try made.store.configure(GroupName("a")!, of: .default) { $0.limit = 1 }
    try made.store.configure(GroupName("b")!, of: .default) {
      $0.rate = Rate(count: 1, per: .seconds(3_600))
    }
    var turn = Turn(queue: .default, worker: worker)
    turn.wanted = 3
    let claims = try made.store.turn(turn).claims
    #expect(claims.map(\.id.description) == ["old", "a1", "b1"])
    return made
  }

  private static func item(_ group: UInt32, _ sequence: UInt64) -> [UInt8] {
    GroupedKey(GroupKey(queue: 1, number: group), rank: 128 << 56 | sequence)
      .withBytes { Array($0) }
  }

  private static func group(_ number: UInt32) -> GroupKey { GroupKey(queue: 1, number: number) }

  private static func name(_ text: String) -> [UInt8] {
    GroupKey.entry(of: GroupName(text)!, in: 1)
  }

  private static func turn(_ key: GroupKey, _ place: GroupPlace) -> [UInt8] {
    TurnKey(key, place).withBytes { Array($0) }
  }

  private static func move(
    _ key: GroupKey, to place: GroupPlace, _ session: inout WriteSession
  ) throws {
    var record = try session.group(key)
    let old = try #require(record.place)
    _ = try session.transaction.delete(turn(key, old), in: .turns)
    try session.transaction.put([], for: turn(key, place), in: .turns)
    record.place = place
    session.replace(record)
  }

  static let cases: [AuditTests.Case] = [
    Case("a group counts wrong", "group 1 of queue default counts") { session in
      var record = try session.group(group(1))
      record.counts[.done] += 1
      session.replace(record)
    },
    Case("groups count more than their queue", "its groups 6") { session in
      var record = try session.group(group(0))
      record.counts[.pending] += 1
      session.replace(record)
    },
    Case("runs of removed items are miscounted", "counts 1 runs of removed items") { session in
      var record = try session.group(group(2))
      record.revoked += 1
      session.replace(record)
    },
    Case("a group is missing", "group 1 of queue default, which is not there") {
      _ = try $0.transaction.delete(group(1).withBytes { Array($0) }, in: .groups)
    },
    Case("the items without a group have no record", "has 5 pending items, its groups 3") {
      _ = try $0.transaction.delete(group(0).withBytes { Array($0) }, in: .groups)
    },
    Case("a group's record is cut short", "queue 1: the store is damaged") {
      try $0.transaction.put([9], for: group(1).withBytes { Array($0) }, in: .groups)
    },
    Case("a group is not found by its name", "group 2 of queue default is not found by its name") {
      _ = try $0.transaction.delete(name("b"), in: .groupNames)
    },
    Case("a group has no name", "group 2 of queue default has no name") {
      _ = try $0.transaction.delete(group(2).nameEntry, in: .groupNames)
    },
    Case("two groups have one name", "group 2 of queue default is not found by its name") {
      try $0.transaction.put(Array("a".utf8), for: group(2).nameEntry, in: .groupNames)
    },
    Case("a name leads to no group", "group-names has 5 entries for 2 groups") {
      try $0.transaction.put([0, 0, 0, 9], for: name("c"), in: .groupNames)
    },
    Case("a pending item is not in grouped", "item 1/128/5 is pending but has no entry in grouped")
    {
      _ = try $0.transaction.delete(item(1, 5), in: .grouped)
    },
    Case("an item that is claimed is in grouped", "has an entry in grouped, but is none") {
      try $0.transaction.put([], for: item(1, 4), in: .grouped)
    },
    Case("something else is in grouped", "grouped has 5 entries for 4 pending items") {
      try $0.transaction.put([], for: item(2, 99), in: .grouped)
    },
    Case("a group lost its turn", "group 0 of queue default has no entry in turns") { session in
      let place = try #require(try session.group(group(0)).place)
      _ = try session.transaction.delete(turn(group(0), place), in: .turns)
    },
    Case("a group has no place", "group 2 of queue default has something pending, but no turn") {
      session in
      var record = try session.group(group(2))
      record.place = nil
      session.replace(record)
    },
    Case("a turn belongs to no group", "turns has 4 entries for 3 groups") {
      try $0.transaction.put([], for: turn(group(7), .full), in: .turns)
    },
    Case("a turn has another priority", "at another priority than its first pending item") {
      session in
      try move(group(0), to: .ready(priority: 7, turn: 1), &session)
    },
    Case("what has no limits waits", "has no limits, but waits for something") { session in
      try move(group(0), to: .full, &session)
    },
    Case("a group waits for nothing", "waits for runs that it has none of") { session in
      try session.update(1) { $0.counts.processing -= 1 }
      try move(group(1), to: .full, &session)
      var record = try session.group(group(1))
      record.counts[.processing] = 0
      session.replace(record)
    },
    Case("a queue does not know of its groups", "turns has 3 entries for 0 groups") {
      try $0.update(1) { $0.grouping = nil }
    },
  ]

  @Test func `a sound store is sound, and left as it is`() throws {
    try AuditTests.expectUntouched(Self.soundStore())
  }

  @Test(arguments: cases) func `it is found and mended that`(_ damage: AuditTests.Case) throws {
    let made = try Self.soundStore()
    defer { withExtendedLifetime(made) {} }
    try damage.expectMended(in: made)
    // Everything is claimed in the end: nothing waits for a turn that never comes.
    let lease = LeaseRequest(queue: .default, wanted: 99, length: .seconds(60))
    try made.store.configure(.default) { settings, _ in
      (settings.groupLimit, settings.groupRate) = (nil, nil)
    }
    for group in try made.store.groups(of: .default, after: 0, limit: 9) {
      try made.store.configure(try #require(group.name), of: .default) { $0.limit = 100 }
      try made.store.configure(try #require(group.name), of: .default) {
        $0.rate = Rate(count: 1_000_000, per: .seconds(1))
      }
    }
    #expect(try made.store.claim(lease).claims.count == 5)
  }
}
