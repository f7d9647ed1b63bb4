import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  /// Compactions, one after the other, killed as everybody else is.
  @Suite struct CompactionStormTests {
    private static let kills = Storms.rounds(250, torture: 4_000)

    @Test func `nothing is lost and nothing runs twice at once, though the environment is swapped`()
      throws
    {
      let fixture = try StoreFixture()
      let random = SeededRandom()
      print("compaction storm: seed \(random.seed), \(Self.kills) kills in \(fixture.directory)")
      let began = ContinuousClock.now
      var storm = KillStorm(fixture, random, beside: [["q-compact", "--quiet"]])
      try storm.run(kills: Self.kills)

      let done = try fixture.items(.done)
      let swaps = fixture.environment.dropFirst(4)
      print(
        """
        compaction storm: \(storm.journal.standing.count) items, \(storm.kills) kills, \
        \(storm.ledger.count(.start)) runs, \(swaps) swaps, in \(ContinuousClock.now - began)
        """)
      #expect(storm.verdict(done).prefix(20) == [])
      #expect(fixture.findings() == "")
      guard storm.violations.isEmpty else { return print(fixture.said.suffix(4_000)) }
      #expect(Int(swaps) ?? 0 > 3, "no compaction came to its end")
      #expect(try fixture.stats()["done"] == done.count)
      #expect(fixture.workers == 0, "a dead worker's records are left")
    }
  }
}

extension StoreFixture {
  /// The name of the environment in use.
  var environment: String { String(text(of: store + "/current").prefix { $0 != "\n" }) }
}
