import QueueCore
import QueueLogic
import QueueTestKit
import Testing

@testable import PostgresStore

/// A server that took over from another, and may lack its last commits.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct TakeoverTests {
  private func register(in store: PostgresStore) throws -> UInt64 {
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "b", pidNamespace: 1)
    return try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }.id
      .number
  }

  private func claim(in store: PostgresStore) throws -> UInt64 {
    let request = LeaseRequest(queue: .default, wanted: 1, length: .seconds(60))
    return try #require(try store.claim(request).claims.first).token.number
  }

  @Test func `numbers that the other may have given are left out, once`() throws {
    let made = try NewStore()
    let ids = ItemBatch((1...4).map { ItemID(unchecked: Array("\($0)".utf8)) })
    _ = try made.store.enqueue(ids, to: .default, priority: 9, until: nil)
    let first = (worker: try register(in: made.store), token: try claim(in: made.store))
    // As a server does that was promoted: its timeline is another.
    try made.store.ordered.run(
      "UPDATE \(made.store.ordered.location.layout.writer) SET timeline = timeline + 7")
    let (one, two) = (try made.other(), try made.other())
    #expect(try register(in: one) == first.worker + 1 + OrderedQueueStore.skipped)
    #expect(try claim(in: two) == first.token + 1 + OrderedQueueStore.skipped)
    #expect(try register(in: two) == first.worker + 2 + OrderedQueueStore.skipped)
    #expect(try claim(in: made.store) == first.token + 2 + OrderedQueueStore.skipped)
    #expect(try one.audit().findings == [])
  }
}
