import OrderedStore
import QueueTestKit
import Testing

@testable import QueueLogic

@Suite struct EngineTests {
  @Test(arguments: EngineCase.all)
  func `tables in memory keep an engine's contract`(_ promise: EngineCase) throws {
    let made = try TablesStore()
    try promise.run(on: made.tables, .outputs)
  }

  @Test(arguments: EngineCase.making)
  func `tables in memory are made as an engine makes them`(_ promise: EngineCase) throws {
    let made = try TablesStore()
    made.tables.drop(.leases)
    try promise.run(on: made.tables, .leases)
  }
}
