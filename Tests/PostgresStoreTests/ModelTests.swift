import Foundation
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

@testable import PostgresStore

/// Random histories on PostgreSQL and on the model. `Q_SEQUENCES=n` tries so many.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct ModelTests {
  private static let shards = 2

  @Test(arguments: 0..<shards)
  func `PostgreSQL and the model cannot be told apart`(shard: Int) throws {
    let told = ProcessInfo.processInfo.environment["Q_SEQUENCES"].flatMap { UInt64($0) }
    let address = try NewStore().address
    let history = RandomHistory { clock in
      try NewStore.empty(address)
      let store = try NewStore.open(address, create: false, clock)
      return (store, store.incarnation)
    }
    for seed in 0..<(told ?? 24) where seed % UInt64(Self.shards) == UInt64(shard) {
      if let failure = try history.failure(seed: seed + 20_000, length: 40) {
        Issue.record(Comment(rawValue: failure))
        return
      }
    }
  }
}
