import Glibc
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

/// Random histories on LMDB and on the model. `Q_SEED=n` tries that history alone,
/// `Q_SEQUENCES=n` so many instead of the usual ones.
@Suite struct ModelTests {
  private static let shards = 4

  private static func setting(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }

  @Test(arguments: 0..<shards)
  func `LMDB and the model cannot be told apart`(shard: Int) throws {
    let count = Self.setting("Q_SEQUENCES") ?? 2_000
    let seeds = Self.setting("Q_SEED").map { $0..<$0 + 1 } ?? 0..<count
    // A store's directory lives until the next store is made.
    var directory: TemporaryDirectory?
    let history = RandomHistory { clock in
      let made = try TemporaryStore(clock)
      directory = made.directory
      return (made.store, made.store.incarnation)
    }
    for seed in seeds where seed % UInt64(Self.shards) == UInt64(shard) {
      if let failure = try history.failure(seed: seed, length: 40) {
        Issue.record(Comment(rawValue: failure))
        return
      }
    }
    withExtendedLifetime(directory) {}
  }
}
