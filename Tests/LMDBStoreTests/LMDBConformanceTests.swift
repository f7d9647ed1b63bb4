import QueueTestKit
import Testing

@Suite struct LMDBConformanceTests {
  @Test(arguments: ConformanceCase.all)
  func `LMDB keeps the contract`(_ promise: ConformanceCase) throws {
    var directory: TemporaryDirectory?
    try promise.run { clock in
      let made = try TemporaryStore(clock)
      directory = made.directory
      return made.store
    }
    withExtendedLifetime(directory) {}
  }
}
