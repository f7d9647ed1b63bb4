import Foundation
import LMDB
import LMDBStore
import OrderedStore
import QueueCore
import QueueLogic
import QueueTestKit

/// A store of version 1 with many items, some in every status.
struct LargeOldStore {
  /// As many as there are in a status are asked for.
  let counts: Counts
  /// The store as it was made; to be copied.
  let fixture: StoreFixture

  /// Makes one of so many items.
  init(items: Int) throws {
    fixture = try StoreFixture(in: StoreFixture.memory)
    counts = try Self.fill(fixture.store, items: items)
    let old = fixture.directory + "/old"
    try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
    try Self.copyTables(from: fixture.store + "/env.0", to: old)
    let data = "/data.mdb"
    try FileManager.default.removeItem(atPath: fixture.store + "/env.0" + data)
    try FileManager.default.moveItem(atPath: old + data, toPath: fixture.store + "/env.0" + data)
  }

  private static func fill(_ path: String, items: Int) throws -> Counts {
    let store = try LMDBStore(path: path, create: true)
    let batch = ItemBatch((0..<items).map { ItemID("item \($0)")! })
    _ = try store.enqueue(batch, to: .default, priority: 128, until: nil)
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "gone", pidNamespace: 1)
    let worker = try store.register(process, given: QueueSettings()) { (_) throws(StoreError) in }
    // A fifth each stays pending or ends in one of the other ways; the last is left to its worker.
    let ends: [Outcome] = [.succeeded, .failed(final: true), .deferred(for: .seconds(86_400))]
    let run = RunSummary(exit: .exited(1), startedAt: store.now, endedAt: store.now, message: [])
    var turn = Turn(queue: .default, worker: worker.id)
    for place in 0...ends.count {
      var left = items / 5
      while left > 0 || !turn.settlements.isEmpty {
        turn.wanted = min(left, Turn.maximumItems)
        let claims = try store.turn(turn).claims
        left -= claims.count
        turn.settlements =
          place == ends.count
          ? []
          : claims.map {
            Settlement(
              token: $0.token, outcome: ends[place], run: run, policy: RetryPolicy(), jitter: 0)
          }
      }
    }
    return try store.summary(of: .default)?.counts ?? Counts()
  }

  /// Copies what every store has had from its first version on.
  private static func copyTables(from old: String, to new: String) throws {
    let source = try Environment(directory: old)
    let target = try Environment(directory: new, options: EnvironmentOptions(create: true))
    for table in OrderedQueueStore.tables.prefix(while: { "\($0.name)" != "leases" }) {
      let from = try source.openDatabase(named: "\(table.name)")!
      let transaction = try target.beginWrite()
      let to = try transaction.createDatabase(named: "\(table.name)")
      try source.read { reading in
        try reading.withCursor(in: from) { cursor in
          var next = try cursor.first()
          while let entry = next {
            try transaction.put(entry.value, for: entry.key, in: to, append: true)
            next = try cursor.next()
          }
        }
      }
      if table == OrderedQueueStore.formatTable {
        try transaction.put([0, 0, 0, 1], for: Array("format".utf8), in: to)
      }
      try transaction.commit()
    }
    source.close()
    target.close()
  }
}
