import Postgres
import QueueCore
import QueueLogic

extension PostgresOrderedStore {
  /// Makes the store, unless somebody else does meanwhile; whether it was this one. `mark`: see
  /// ``Presence/mark()``.
  func make(mark: () throws(StoreError) -> (UInt64, UInt64)) throws(StoreError) -> Bool {
    let writer = location.layout.writer
    let (session, _) = try withSession { session throws(PostgresError) in
      try session.connection.run(
        "BEGIN; \(Schema.make(location, in: session.server.schema))"
          + "INSERT INTO \(writer) SELECT 0, \(session.server.timeline) WHERE NOT EXISTS (SELECT 1 FROM \(writer)); "
          + "SELECT revision FROM \(writer) FOR UPDATE")
    }
    // What it says of itself is of before.
    defer { drop() }
    let lent = transaction(writing: true, Habits())
    begun = session
    lent.begin(revision: 1)
    return try lend(lent) { lent in
      let isThere = try lent.count(OrderedQueueStore.formatTable) > 0
      if !isThere { try OrderedQueueStore.begin(in: lent, mark: try mark()) }
      return !isThere
    }
  }
}
