import QueueTestKit
import Testing

@Suite struct LMDBConformanceTests {
  @Test(arguments: ConformanceCase.all)
  func `LMDB keeps the contract`(_ promise: ConformanceCase) throws {
    let made = try TemporaryStore()
    try promise.run(on: made.store)
  }
}
