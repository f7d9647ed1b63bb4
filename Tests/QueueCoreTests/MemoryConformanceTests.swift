import QueueTestKit
import Testing

@Suite struct MemoryConformanceTests {
  @Test(arguments: ConformanceCase.all)
  func `the model keeps the contract`(_ promise: ConformanceCase) throws {
    try promise.run { MemoryStore(incarnation: 0x1234_5678_9abc_def0, clock: $0) }
  }
}
