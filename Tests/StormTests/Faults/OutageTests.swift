import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// A disk that is full for a while, as one process sees it: no root, no real disk.
  @Suite struct OutageTests {
    @Test func `a worker outlives a full disk, and runs nothing twice`() throws {
      var random = SeededRandom()
      let rounds = Storms.rounds(2, torture: 80)
      print("outages: seed \(random.seed)")
      let began = ContinuousClock.now
      var (borne, early) = (0, 0)
      for round in 1...rounds {
        let fixture = try StoreFixture()
        try fixture.enqueue(FaultScenario.old)
        let full = fixture.directory + "/full"
        _ = FileManager.default.createFile(atPath: full, contents: nil)
        let how: Fault.How = random.happens(30) ? .failsWhenDone(EIO) : .fails(ENOSPC)
        let fault = Fault(how: how, at: random.number(4...30), lasting: full)
        // What a worker writes beside its commits has its room from the start.
        let worker = FaultScenario.work(
          in: fixture, fault.environment(in: fixture, below: "/store/env.0"))
        _ = becomesTrue(within: 20) {
          Fault.struck(in: fixture) != nil || worker.poll() != nil
        }
        usleep(UInt32(random.number(0...2_500_000)))
        try FileManager.default.removeItem(atPath: full)
        let exit = worker.wait(within: 60)
        let context = "round \(round), \(fault.how) at \(fault.at): \(fixture.said)"
        switch exit {
        case .exited(0)?:
          if fixture.said.contains("trying again for a minute") {
            borne += 1
            #expect(fixture.said.contains("the store can be used again"), "\(context)")
          }
          // Each run's end was settled, once: none was lost with a commit that failed.
          #expect(fixture.runs().count(.start) == FaultScenario.old.count + 1, "\(context)")
        case .exited(74)?:
          early += 1
          // It had not begun: nothing says that the queue can be worked on.
          #expect(fixture.runs().count(.start) == 0, "\(context)")
          #expect(fixture.said.contains(fixture.store), "\(context)")
        default:
          Issue.record("\(String(describing: exit)): \(context)")
        }
        #expect(FaultScenario.work(in: fixture).wait() == .exited(0), "\(context)")
        #expect(try fixture.stats()["done"] == FaultScenario.old.count)
        #expect(fixture.runs().violations == [] && fixture.findings() == "", "\(context)")
      }
      print(
        "outages: \(borne) borne, \(early) before the start, in \(ContinuousClock.now - began)")
      #expect(borne > 0)
    }

    /// With others that have the store open, who keep LMDB's lock file from being made anew, such a
    /// commit is undone; without them it stands, and its claims are the worker's to be found.
    @Test(arguments: [true, false])
    func `a commit that the disk has and denies holds up nobody`(hasOthers: Bool) throws {
      // The last write of a turn of the worker is among these.
      for place in Storms.rounds(12, torture: 8)...Storms.rounds(13, torture: 40) {
        let fixture = try StoreFixture()
        try fixture.enqueue(FaultScenario.old)
        let other =
          hasOthers ? fixture.work(["--queue", "other", "--follow"], handler: ["/bin/true"]) : nil
        #expect(becomesTrue(within: 20) { fixture.workers == (hasOthers ? 1 : 0) })
        let full = fixture.directory + "/full"
        _ = FileManager.default.createFile(atPath: full, contents: nil)
        let fault = Fault(how: .failsWhenDone(EIO), at: place, lasting: full)
        let worker = FaultScenario.work(
          in: fixture, fault.environment(in: fixture, below: "/store/env.0"))
        _ = becomesTrue(within: 20) {
          fixture.said.contains("cannot commit") || worker.poll() != nil
        }
        try FileManager.default.removeItem(atPath: full)
        #expect(worker.wait(within: 60) == .exited(0), "\(place): \(fixture.said)")
        #expect(
          fixture.runs().count(.start) == FaultScenario.old.count + 1, "\(place): \(fixture.said)")
        try fixture.enqueue(["later"])
        #expect(try fixture.stats()["total"] == FaultScenario.old.count + 1)
        #expect(fixture.runs().violations == [] && fixture.findings() == "")
        other?.send(SIGTERM)
        #expect(other?.wait() == (hasOthers ? .signalled(SIGTERM) : nil))
      }
    }
  }
}
