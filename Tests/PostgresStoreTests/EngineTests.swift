import OrderedStore
import QueueCore
import QueueTestKit
import Testing

@testable import PostgresStore
@testable import QueueLogic

@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct EngineTests {
  @Test(arguments: EngineCase.all)
  func `tables on PostgreSQL keep an engine's contract`(_ promise: EngineCase) throws {
    try promise.run(on: NewStore().store.ordered, .outputs)
  }

  @Test(arguments: EngineCase.making)
  func `tables are made on PostgreSQL as an engine makes them`(_ promise: EngineCase) throws {
    let store = try NewStore().store.ordered
    try store.run("DROP TABLE \(store.location.layout[.leases])")
    try promise.run(on: store, .leases)
  }

  @Test(arguments: ConformanceCase.all)
  func `PostgreSQL keeps the contract`(_ promise: ConformanceCase) throws {
    try promise.run { try NewStore($0).store }
  }
}
