import Postgres
import QueueLogic

/// Clears away dead rows of the tables through which every item goes.
package enum Vacuum {
  /// Dead rows of a table from which on it is done: those before the first that is pending are walked through by
  /// each claim.
  private static let threshold = 100_000

  /// Does it where there are enough, and nobody else is at it. What fails is tried again the next time.
  package static func run(at address: String) {
    guard let location = try? StoreLocation(address),
      let connection = try? Connection(Session.options.merging(location.options) { $1 })
    else { return }
    let schema = SQL.literal(location.schema)
    let due = try? connection.run(
      "SELECT relname FROM pg_stat_user_tables WHERE schemaname = \(schema) AND n_dead_tup > \(threshold)"
    ).first
    guard let due else { return }
    for row in 0..<due.count {
      guard let table = due.text(row, 0) else { continue }
      _ = try? connection.run(
        "VACUUM (SKIP_LOCKED) \(location.layout.schema).\(SQL.name(table))")
    }
  }
}
