import Foundation
import Glibc
import OrderedStore
import Postgres
import QueueCore
import QueueTestKit
import Testing

@testable import PostgresStore
@testable import QueueLogic

/// A server and its standby.
@Suite(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
struct StandbyTests {
  @Test func `a standby takes no writes, and the primary is found`() throws {
    let primary = PostgresServer()
    defer { primary.end() }
    let commands = Commands()
    #expect(try commands.enqueue("a", at: primary.address("s")).status == 0)
    let standby = PostgresServer(standbyOf: primary)
    defer { standby.end() }
    for verb in [["q-stats"], ["q-enqueue"], ["q-work", "--", "true"]] {
      let result = try commands.run(verb, at: standby.address("s"), input: "b\n")
      #expect(result.status == 75, "\(verb): \(result.error)")
      #expect(result.error.contains("standby"), "\(result.error)")
      #expect(result.error.contains("target_session_attrs=read-write"), "\(result.error)")
    }
    let both =
      "postgres://q@/q?host=\(standby.directory),\(primary.directory)&schema=s"
      + "&target_session_attrs=read-write"
    #expect(try commands.enqueue("b", at: both).status == 0)
    let work = try commands.run(["q-work", "--", "true"], at: both)
    #expect(work.status == 0, "\(work.error)")
  }

  @Test func `a commit that no standby has yet is unknown when the wait is cancelled`() throws {
    let server = PostgresServer()
    defer { server.end() }
    let place = server.address("s").dropFirst("postgres:".count)
    _ = try NewStore.open("postgres:" + place, create: true, nil)
    let store = try PostgresOrderedStore(StoreLocation(String(place)))
    func put(_ value: UInt8) -> StoreError? {
      do throws(StoreError) {
        try store.write { try $0.put([value], for: [1], in: .outputs) }
        return nil
      } catch {
        return error
      }
    }
    #expect(put(1) == nil)
    for call in ["pg_cancel_backend", "pg_terminate_backend"] {
      server.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
      server.signal(SIGHUP)
      let isSet = becomesTrue(within: 30) {
        server.query("SHOW synchronous_standby_names") == "nobody\n"
          && (try? store.run("SHOW synchronous_standby_names").first?.text(0, 0)) == "nobody"
      }
      #expect(isSet)
      Thread.detachNewThread {
        _ = becomesTrue(within: 60) {
          server.query(
            "SELECT \(call)(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != ""
        }
      }
      let error = put(2)
      #expect(error?.code == .commitUnknown, "\(String(describing: error))")
      server.psql("ALTER SYSTEM RESET synchronous_standby_names")
      server.signal(SIGHUP)
      #expect(try store.read { try $0.bytes(for: [1], in: .outputs) } == [2])
      let isReset = becomesTrue(within: 30) {
        (try? store.run("SHOW synchronous_standby_names").first?.text(0, 0)) == ""
      }
      #expect(isReset)
      #expect(put(3) == nil)
    }
  }
}
