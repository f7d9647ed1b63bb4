import QueueCore
import Testing

@testable import LMDBStore
@testable import QueueLogic

/// Stores of each format version, as they were written by the program of that time.
@Suite struct FormatTests {
  private let old: OldStore
  private let store: LMDBStore

  init() throws {
    old = try OldStore(version: 1)
    store = try old.open()
  }

  private func item(_ id: String, _ queue: String = "default", in store: LMDBStore) throws -> Item {
    try #require(try store.item(ItemID(id)!, in: QueueName(unchecked: queue)))
  }

  @Test func `a store of version 1 is read as it was written`() throws {
    #expect(try store.audit().findings == [])
    let summaries = try store.summaries()
    #expect(summaries.map(\.name.text) == ["default", "other", "third"])
    #expect(summaries.map(\.counts.total) == [6, 3, 2])
    #expect(summaries[0].counts.scheduled == 1 && summaries[0].settings == QueueSettings())

    let settings = summaries[1].settings
    #expect(settings.maximumAttempts == 7 && settings.maximumLosses == 2 && settings.workers == 3)
    #expect(settings.backoff == .seconds(1)...(.seconds(120)) && settings.timeout == .seconds(90))
    #expect(settings.rate == Rate(count: 60, per: .seconds(60)) && settings.pause == .indefinite)

    guard case .done(let done) = try item("c", in: store).state,
      case .failed(let failed) = try item("b", in: store).state,
      case .delayed(let delayed) = try item("deferred", "third", in: store).state,
      case .processing(let hold) = try item("held", "third", in: store).state
    else {
      Issue.record("an item is not in its status")
      return
    }
    #expect(done.run.message == Array("kept".utf8) && done.run.exit == .exited(0))
    #expect(failed.reason == .failed && failed.run.exit == .exited(3) && failed.tally.attempts == 1)
    #expect(delayed.reason == .deferred && delayed.tally.deferrals == 1)
    #expect(try store.workers().map(\.id) == [hold.worker])
    #expect(try item("first", in: store).key.priority == 0)

    #expect(try store.payload(of: ItemID("a")!, in: .default) == Array("payload of a".utf8))
    let big = try store.payload(of: ItemID("big")!, in: QueueName(unchecked: "other"))
    #expect(big == [UInt8](repeating: UInt8(ascii: "P"), count: 5_000))
    #expect(
      try store.output(of: ItemID("a")!, in: .default)
        == KeptOutput(output: Array("out a\n".utf8), error: Array("err a\n".utf8)))
    let odd = try store.items(
      of: QueueName(unchecked: "other"), in: .pending, after: nil, limit: 9
    ).items.map(\.id.bytes.count)
    #expect(odd == [3_000, 3, 1])
  }

  @Test func `a store of version 1 is worked on`() throws {
    _ = try store.enqueue(
      ItemBatch([ItemID("b")!, ItemID("new")!]), to: .default, priority: 1, until: nil)
    #expect(try store.summary(of: .default)?.counts.total == 7)
    let process = ProcessIdentity(pid: 7, startTicks: 8, bootID: "boot", pidNamespace: 9)
    let worker = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
      .id
    var turn = Turn(queue: .default, worker: worker)
    turn.wanted = 9
    #expect(try store.turn(turn).claims.map(\.id.description) == ["first", "new", "late"])
    #expect(try store.audit().findings == [])
  }
}
