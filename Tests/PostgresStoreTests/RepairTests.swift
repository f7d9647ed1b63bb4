import Postgres
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

@testable import PostgresStore

@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct RepairTests {
  @Test
  func `a repair is refused while a worker is registered, and not for one that was taken off`()
    throws
  {
    let made = try NewStore()
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "b", pidNamespace: 1)
    let worker = try made.store.register(process, given: QueueSettings()) {
      (_) throws(StoreError) in
    }
    let refused = #expect(throws: StoreError.self) { _ = try made.other().repair() }
    #expect(refused?.code == .busy)
    _ = try made.store.release(
      worker, [], for: .default, given: QueueSettings(), isDead: { true })
    #expect(try made.store.workers().isEmpty)
    // Its row of beats is still there: who registers next clears it away.
    let beats = try made.store.ordered.run(
      "SELECT 1 FROM \(made.store.ordered.location.layout.beats)")
    #expect(beats.last?.count == 1)
    #expect(try made.other().repair().count == 0)
  }
}
