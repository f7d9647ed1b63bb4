import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  @Suite struct KillStormTests {
    private static let kills = Storms.rounds(900, torture: 10_000)

    @Test func `nothing acknowledged is lost and nothing runs twice at once, whoever is killed`()
      throws
    {
      try run(StoreFixture(), kills: Self.kills)
    }

    /// What a killed worker has left only its own user may end, and see all of.
    @Test(.enabled(if: geteuid() == 0, "needs root: other users"))
    func `nor when two users share the store by their group`() throws {
      try run(StoreFixture(sharedBy: [65_001, 65_002]), kills: Self.kills / 4)
    }

    @Test func `nor where no more of a group may run than its limit, and none does`() throws {
      try run(StoreFixture(), kills: Self.kills / 3, groupLimit: 2)
    }

    @Test(.enabled(if: PostgresServer.isThere, "no PostgreSQL server can be started here"))
    func `nor on a server, where guards are killed as well`() throws {
      try run(StoreFixture(on: .shared), kills: Self.kills / 10)
    }

    private func run(_ fixture: StoreFixture, kills: Int, groupLimit: Int? = nil) throws {
      let random = SeededRandom()
      print("kill storm: seed \(random.seed), \(kills) kills in \(fixture.directory)")
      let began = ContinuousClock.now
      var storm = KillStorm(fixture, random, groupLimit: groupLimit)
      try storm.run(kills: kills)

      let done = try fixture.items(.done)
      let ledger = storm.ledger
      let cut = ledger.count(.start) - ledger.count(.end) - ledger.count(.failure)
      print(
        """
        kill storm: \(storm.journal.standing.count) items, \(storm.kills) kills, \
        \(storm.killsWhileOpening) of them of a process just started, \
        \(storm.journal.handlerKills.count) of handlers, \(storm.stops) stops, \
        \(storm.terms) times TERM to everybody, \(storm.renewals) taken from workers and back, \
        \(storm.journal.count(.removed)) removed, \(storm.journal.answered.count) late answers heard, \
        \(ledger.count(.start)) runs, \(cut) of them cut off, in \(ContinuousClock.now - began)
        """)
      #expect(storm.verdict(done).prefix(20) == [])
      #expect(fixture.findings() == "")
      guard storm.violations.isEmpty else { return print(fixture.said.suffix(4_000)) }
      let counts = try fixture.stats()
      #expect(counts["total"] == done.count && counts["done"] == done.count, "\(counts)")
      #expect(fixture.workers == 0, "a dead worker's records are left")
    }

    @Test func `a large enqueue that is killed again and again ends with every id once`() throws {
      let fixture = try StoreFixture()
      var random = SeededRandom()
      print("enqueue storm: seed \(random.seed)")
      let count = 60_000
      // In an order that is not the ids': the batches overlap everywhere.
      let ids = (0..<count).map { "\($0 &* 7_919 % count)-\(String($0, radix: 36))" }
      var exits: [CommandProcess.Exit] = []
      for round in 1...12 {
        let two = [try fixture.startEnqueue(ids), try fixture.startEnqueue(ids.reversed())]
        usleep(random.moment(upTo: 400_000))
        for process in two where random.happens(80) { process.send(SIGKILL) }
        exits += two.compactMap { $0.wait(within: 60) }
        #expect(exits.count == 2 * round)
      }
      #expect(exits.allSatisfy { [.exited(0), .signalled(SIGKILL)].contains($0) })
      try fixture.enqueue(ids)
      #expect(try fixture.stats()["total"] == count)
      #expect(fixture.findings() == "")
    }
  }
}
