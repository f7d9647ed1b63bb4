import QueueCore
import QueueLogic
import QueueTestKit
import Testing

@Suite struct TablesConformanceTests {
  @Test(arguments: ConformanceCase.all)
  func `queues on tables keep the contract`(_ promise: ConformanceCase) throws {
    try promise.run { try TablesStore($0).store }
  }

  @Test(arguments: 0..<4)
  func `queues on tables and the model cannot be told apart`(shard: UInt64) throws {
    let history = RandomHistory { clock in
      let store = try TablesStore(clock).store
      return (store, store.incarnation)
    }
    for seed in 10_000..<10_500 as Range<UInt64> where seed % 4 == shard {
      if let failure = try history.failure(seed: seed, length: 40) {
        Issue.record(Comment(rawValue: failure))
        return
      }
    }
  }
}
