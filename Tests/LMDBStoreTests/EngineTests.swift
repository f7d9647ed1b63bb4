import OrderedStore
import QueueTestKit
import Testing

@testable import LMDBStore
@testable import QueueLogic

@Suite struct EngineTests {
  @Test(arguments: EngineCase.all)
  func `tables on LMDB keep an engine's contract`(_ promise: EngineCase) throws {
    let made = try TemporaryStore()
    defer { withExtendedLifetime(made) {} }
    try promise.run(on: made.store.engine, .outputs)
  }

  @Test(arguments: EngineCase.making)
  func `tables are made on LMDB as an engine makes them`(_ promise: EngineCase) throws {
    let old = try OldStore(version: 1)
    try promise.run(on: old.open().engine, .leases)
  }
}
