import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import QueueLogic

/// Each kind of damage to what is known of pruned items, and to recipes, is planted in a sound store: the audit says
/// so, and a repair makes it sound.
@Suite struct KeepingDamageTests {
  private typealias Case = AuditTests.Case

  static let long = String(repeating: "long", count: 200)

  /// Queue 1 keeps what is done for 5 ms, which has passed: "a" is done by v1, "b" and a long id were pruned, "d" has
  /// failed by v1, "e" is pending.
  static func soundStore() throws -> TablesStore {
    let (made, clock, worker) = try TablesStore.withWorker()
    let ids = ["a", "b", long, "d", "e"].map { ItemID($0)! }
    _ = try made.store.enqueue(ItemBatch(ids), to: .default, priority: 128, until: nil)
    var turn = Turn(queue: .default, worker: worker)
    (turn.wanted, turn.recipe) = (4, Recipe("v1"))
    let claims = try made.store.turn(turn).claims
    let run = RunSummary(exit: .exited(0), startedAt: clock.now, endedAt: clock.now, message: [])
    turn.wanted = 0
    turn.settlements = claims.enumerated().map { place, claim in
      Settlement(
        token: claim.token, outcome: place == 3 ? .failed(final: true) : .succeeded, run: run,
        policy: RetryPolicy(), jitter: 0)
    }
    _ = try made.store.turn(turn)
    _ = try made.store.move(Array(ids[1...2]), in: .default, by: .prune(forgetsID: false))
    try made.store.configure(.default) { settings, _ in settings.keep = .milliseconds(5) }
    clock.now = clock.now + .milliseconds(6)
    return made
  }

  private static func key(_ sequence: UInt64) -> [UInt8] {
    ItemKey(queue: 1, priority: 128, sequence: sequence).withBytes(Array.init)
  }

  private static func id(_ text: String) -> [UInt8] { [0, 0, 0, 1] + Array(text.utf8) }

  private static let recipe = Array("v2".utf8)

  static let cases: [AuditTests.Case] = [
    Case("pruned ids are counted wrong", "ids has 5 entries for 3 items and 7 that were pruned") {
      try $0.update(1) { $0.pruned = 7 }
    },
    Case("a pruned id is gone", "ids has 4 entries for 3 items and 2") {
      try $0.transaction.delete(id("b"), in: .ids)
    },
    Case("what is known of a pruned item means nothing", "an entry of ids leads to nothing") {
      try $0.transaction.put([9], for: id("b"), in: .ids)
    },
    Case("a short id says that it is long", "an entry of ids leads to nothing") {
      try $0.transaction.put([UInt8](repeating: 1, count: 18), for: id("b"), in: .ids)
    },
    Case("an item's id says that it was pruned", "item 1/128/1 has no entry in ids") {
      try $0.transaction.put(
        [UInt8](repeating: 0, count: 17), for: id("a"), in: .ids)
    },
    Case("a recipe is of no item", "recipes has 3 entries for 2 items") {
      try $0.transaction.put(recipe, for: key(99), in: .recipes)
    },
    Case("a recipe is of an item that has not ended", "item 1/128/5 has a recipe, but") {
      try $0.transaction.put(recipe, for: key(5), in: .recipes)
    },
    Case("a recipe is none", "an item has ended by a recipe that is none") {
      try $0.transaction.put([0], for: key(1), in: .recipes)
    },
  ]

  @Test func `a sound store is sound, and left as it is`() throws {
    try AuditTests.expectUntouched(Self.soundStore())
  }

  @Test(arguments: cases) func `it is found and mended that`(_ damage: AuditTests.Case) throws {
    let made = try Self.soundStore()
    defer { withExtendedLifetime(made) {} }
    try damage.expectMended(in: made)
  }
}
