import Foundation
import OrderedStore
import Postgres
import QueueCore
import QueueTestKit
import Testing

@testable import PostgresStore
@testable import QueueLogic

/// Statements that take too long, or that somebody cancels: nothing is half done, and the next one works.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct TimeOutTests {
  private let server = PostgresServer.shared
  private let address = PostgresServer.shared.newAddress()
  private let store: PostgresOrderedStore
  private let schema: String

  init() throws {
    _ = try NewStore.open(address, create: true, nil)
    let location = try StoreLocation(String(address.dropFirst("postgres:".count)))
    (store, schema) = (try PostgresOrderedStore(location), location.schema)
  }

  /// Somebody who holds the row of writers until it goes.
  private func holder() throws -> Connection {
    let connection = try Connection(store.location.options)
    try connection.run("BEGIN; SELECT * FROM \(schema).writer FOR UPDATE")
    return connection
  }

  private func put(_ value: UInt8, in store: PostgresOrderedStore) -> StoreError? {
    do throws(StoreError) {
      try store.write { try $0.put([value], for: [1], in: .outputs) }
      return nil
    } catch {
      return error
    }
  }

  private func value() throws -> UInt8? {
    try store.read { try $0.bytes(for: [1], in: .outputs)?.first }
  }

  /// Once somebody has waited for the row of writers for so long, does something with its process's number.
  private func whileWaiting(_ time: String, _ call: String) {
    Thread.detachNewThread { [server, schema] in
      _ = becomesTrue(within: 60) {
        server.query(
          """
          SELECT \(call) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"\(schema)".writer%'
            AND pid <> pg_backend_pid() AND clock_timestamp() - query_start > '\(time)'
          """) != ""
      }
    }
  }

  @Test func `a writer that never gets its turn gives up, and tries again`() throws {
    let connection = try holder()
    let commands = Commands()
    let command = commands.start(
      ["q-enqueue", "--delay", "1h"], at: address, input: "/proc/sys/kernel/random/boot_id")
    let error = put(1, in: store)
    #expect(error?.code == .busy)
    #expect(error?.message.contains("another writer holds the store") == true)
    // Whoever only looks does not wait, and what failed has left no transaction behind.
    #expect(try value() == nil)
    let result = command.result()
    #expect(result.status == 75, "\(result.error)")
    #expect(result.error.contains("another writer holds the store"), "\(result.error)")
    try connection.run("ROLLBACK")
    #expect(put(1, in: store) == nil)
    #expect(try value() == 1)
  }

  @Test func `a statement that is cancelled is not done, and the next one works`() throws {
    let connection = try holder()
    whileWaiting("0", "pg_cancel_backend(pid)")
    let error = put(1, in: store)
    #expect(error?.code == .inputOutput)
    #expect(error?.message.contains("cancelled") == true)
    try connection.run("ROLLBACK")
    #expect(try value() == nil)
    #expect(put(2, in: store) == nil)
    #expect(try value() == 2)
  }

  @Test func `what is cancelled inside a transaction takes all of it along`() throws {
    let error = #expect(throws: StoreError.self) {
      try store.write { writing throws in
        try writing.put([1], for: [1], in: .outputs)
        let process = try store.run("SELECT pg_backend_pid()").first?.number(0, 0) ?? 0
        whileSleeping(process)
        try store.run("SELECT pg_sleep(60)")
      }
    }
    #expect(error?.code == .inputOutput)
    #expect(try value() == nil)
    #expect(put(2, in: store) == nil)
    #expect(try value() == 2)
  }

  private func whileSleeping(_ process: Int64) {
    Thread.detachNewThread { [server] in
      _ = becomesTrue(within: 60) {
        server.query(
          """
          SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE pid = \(process) AND wait_event = 'PgSleep'
          """) != ""
      }
    }
  }

  @Test func `time-outs that are set for a role do not count`() throws {
    let role = "timed_\(schema)"
    server.psql(
      """
      CREATE ROLE \(role) LOGIN SUPERUSER; ALTER ROLE \(role) SET statement_timeout = '500ms';
      ALTER ROLE \(role) SET lock_timeout = '500ms'
      """)
    let other = try PostgresOrderedStore(
      StoreLocation("//\(role)@/q?host=\(server.directory)&schema=\(schema)"))
    let connection = try holder()
    Thread.detachNewThread { [server, schema, holder = Held(connection)] in
      _ = becomesTrue(within: 60) {
        server.query(
          """
          SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'timed_\(schema)'
            AND clock_timestamp() - query_start > '1s'
          """) != ""
      }
      _ = try? holder.connection.run("ROLLBACK")
    }
    #expect(put(3, in: other) == nil)
    #expect(try value() == 3)
  }
}

/// @unchecked Sendable: handed over.
private struct Held: @unchecked Sendable {
  let connection: Connection

  init(_ connection: Connection) { self.connection = connection }
}
