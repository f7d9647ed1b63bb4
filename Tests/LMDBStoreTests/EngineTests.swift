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
}
