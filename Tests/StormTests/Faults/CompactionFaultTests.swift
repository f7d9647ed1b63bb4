import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

extension Storms {
  /// A compaction, and a copy, that meets a fault at each of its writes and syncs: there is the old store or the new
  /// one, a copy or none.
  @Suite struct CompactionFaultTests {
    private static let manners = Fault.How.failures + Fault.How.kills

    @Test(arguments: manners)
    func `whichever write of a compaction fails, or is the last, the store is there and as it was`(
      how: Fault.How
    ) throws {
      let fired = try Self.campaign(how) { fixture, fault in
        ["q-compact", "--quiet", "--store", fixture.store]
      } judge: { fixture, exit, there in
        let left = try FileManager.default.contentsOfDirectory(atPath: fixture.store)
        let environments = left.filter { $0.hasPrefix("env.") }
        #expect(environments.count == 1 && !left.contains("current.new"), "\(there): \(left)")
        if exit == .exited(0) { #expect(environments == ["env.1"], "\(there)") }
        let again = CommandProcess(
          ["q-compact", "--quiet", "--store", fixture.store], streams: .init(error: fixture.errors))
        #expect(again.wait() == .exited(0), "\(there): \(fixture.said)")
        #expect(try Self.look(fixture.store) == Self.look(fixture.store), "\(there)")
      }
      #expect(fired > 2)
    }

    @Test(arguments: manners)
    func `whichever write of a copy fails, or is the last, it is whole or not there`(
      how: Fault.How
    ) throws {
      let fired = try Self.campaign(how) { fixture, fault in
        ["q-copy", "--quiet", "--store", fixture.store, fixture.directory + "/copy"]
          + (fault.at % 2 == 0 ? ["--compact"] : [])
      } judge: { fixture, exit, there in
        let copy = fixture.directory + "/copy"
        let isThere = FileManager.default.fileExists(atPath: copy + "/current")
        if exit == .exited(0) { #expect(isThere, "\(there)") }
        if !isThere {
          let again = CommandProcess(
            ["q-copy", "--quiet", "--store", fixture.store, copy],
            streams: .init(error: fixture.errors))
          #expect(again.wait() == .exited(0), "\(there): \(fixture.said)")
        }
        let original = try Self.look(fixture.store)
        let counts = try Self.look(copy)
        // What was leased is pending in a copy.
        #expect(counts.total == original.total && counts.leased == 0, "\(there): \(counts)")
        #expect(counts.pending == original.pending + original.leased, "\(there): \(counts)")
      }
      #expect(fired > 6)
    }

    /// Runs a command with a fault at one place after the other, on a store of its own each time. How many there were.
    private static func campaign(
      _ how: Fault.How, _ command: (StoreFixture, Fault) -> [String],
      judge: (StoreFixture, CommandProcess.Exit?, String) throws -> Void
    ) throws -> Int {
      let prepared = try StoreFixture(in: StoreFixture.memory)
      try prepare(prepared)
      let counts = try look(prepared.store)
      for place in 1...400 {
        let fixture = try StoreFixture(in: StoreFixture.memory)
        try FileManager.default.copyItem(atPath: prepared.store, toPath: fixture.store)
        try FileManager.default.removeItem(atPath: fixture.store + "/env.0/lock.mdb")
        let fault = Fault(how: how, at: place)
        let exit = CommandProcess(
          command(fixture, fault), environment: fault.environment(in: fixture),
          streams: .init(error: fixture.errors)
        ).wait(within: 60)
        guard let struck = Fault.struck(in: fixture) else {
          #expect(exit == .exited(0), "\(fixture.said)")
          print("\(command(fixture, fault)[0]), \(how): \(place - 1) places")
          return place - 1
        }
        let there = "\(how) \(place), \(struck): \(fixture.said)"
        let usual: [CommandProcess.Exit] =
          how.isKill ? [.signalled(SIGKILL)] : [.exited(0), .exited(73), .exited(74)]
        #expect(exit.map(usual.contains) == true, "\(String(describing: exit)) \(there)")
        #expect(try look(fixture.store) == counts, "\(there)")
        try judge(fixture, exit, there)
      }
      Issue.record("a command with more than 400 writes")
      return 400
    }

    /// Items in all statuses, a lease, and room of what is gone.
    private static func prepare(_ fixture: StoreFixture) throws {
      let said = fixture.says(
        """
        seq 1000 | q-enqueue --quiet
        q-work --quiet --limit 30 -- true
        q-work --quiet --limit 5 --max-attempts 1 -- false; seq 200 900 | q-remove --quiet
        seq 3 | q-enqueue --quiet --delay 1h -q later; q-claim --quiet -n 4 --lease 1h > /dev/null
        """)
      guard said == "=> 0" else { throw Unexpected(said) }
    }

    private static func look(_ path: String) throws -> Counts {
      let store = try LMDBStore(path: path)
      #expect(try store.audit().findings == [])
      #expect(try store.summary(of: QueueName("later")!)?.counts.delayed == 3)
      return try store.summary(of: .default)?.counts ?? Counts()
    }
  }
}
