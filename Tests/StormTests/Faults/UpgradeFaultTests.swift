import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

extension Storms {
  /// A store of version 1 whose upgrade meets a fault at each of its writes: it is one or the other.
  @Suite struct UpgradeFaultTests {
    @Test(arguments: Fault.How.failures + Fault.How.kills)
    func `whichever write of an upgrade fails, or is the last, the store is of one version`(
      how: Fault.How
    ) throws {
      var fired = 0
      for place in 1...400 {
        let fixture = try StoreFixture(in: StoreFixture.memory)
        let old = URL(filePath: #filePath).deletingLastPathComponent()
          .appending(path: "../../../fixtures/stores/1").standardized
        try FileManager.default.copyItem(atPath: old.path, toPath: fixture.store)
        let fault = Fault(how: how, at: place)
        let command = ["q-config", "--store", fixture.store, "workers=9"]
        let first = CommandProcess(
          command, environment: fault.environment(in: fixture),
          streams: .init(error: fixture.errors)
        ).wait()
        guard let struck = Fault.struck(in: fixture) else { break }
        fired += 1
        let there = "\(how) \(place), \(struck)"
        let left = try Self.look(fixture.store)
        #expect(left.findings == [], "\(there)")
        // The setting and the version came together, or not at all.
        #expect(left.isSet == left.isNew, "\(there)")
        #expect(first != .exited(0) || left.isNew, "\(there)")
        let again = CommandProcess(command, streams: .init(error: fixture.errors)).wait()
        let after = try Self.look(fixture.store)
        #expect(again == .exited(0) && after.isSet && after.isNew, "\(there): \(fixture.said)")
        #expect(after.findings == [], "\(there)")
      }
      #expect(fired > 3)
    }

    @Test func `nor is one of many items halfway, wherever the upgrade is killed`() throws {
      let old = try LargeOldStore(items: Storms.rounds(20_000, torture: 1_000_000))
      #expect(Status.allCases.allSatisfy { old.counts[$0] > 0 }, "\(old.counts)")
      var fired = 0
      for how in Fault.How.kills {
        for place in 1...400 {
          let fixture = try StoreFixture(in: StoreFixture.memory)
          try FileManager.default.copyItem(atPath: old.fixture.store, toPath: fixture.store)
          let fault = Fault(how: how, at: place)
          let command = ["q-config", "--store", fixture.store, "workers=9"]
          _ = CommandProcess(
            command, environment: fault.environment(in: fixture),
            streams: .init(error: fixture.errors)
          ).wait()
          guard let struck = Fault.struck(in: fixture) else { break }
          fired += 1
          let left = try Self.lookBriefly(fixture.store)
          #expect(
            left.counts == old.counts && left.isSet == left.isNew, "\(how) \(place), \(struck)")
          guard place % 10 == 1 else { continue }
          let again = CommandProcess(command, streams: .init(error: fixture.errors)).wait()
          #expect(again == .exited(0), "\(fixture.said)")
          #expect(try LMDBStore(path: fixture.store).audit().findings == [], "\(how) \(place)")
        }
      }
      print("upgrade of \(old.counts.total) items: \(fired) kills")
      #expect(fired > 9)
    }

    private static func lookBriefly(
      _ path: String
    ) throws -> (isSet: Bool, isNew: Bool, counts: Counts) {
      let store = try LMDBStore(path: path)
      let summary = try store.summary(of: .default)
      var isNew = true
      store.onUpgrade = { _, _ in isNew = false }
      _ = try store.expire()
      return (summary?.settings.workers == 9, isNew, summary?.counts ?? Counts())
    }

    private static func look(
      _ path: String
    ) throws -> (isSet: Bool, isNew: Bool, findings: [String]) {
      let store = try LMDBStore(path: path)
      let isSet = try store.summary(of: .default)?.settings.workers == 9
      let findings = try store.audit().findings
      // Whoever writes to an old store says so.
      var isNew = true
      store.onUpgrade = { _, _ in isNew = false }
      _ = try store.expire()
      return (isSet, isNew, findings)
    }
  }
}
