import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// Several workers on queues with several rates, some of them killed: no rate is ever exceeded.
  @Suite struct RateStormTests {
    private struct Paced {
      var queue: String
      var rate: String
      /// Starts a second.
      var speed: Double
      var items: Int
    }

    @Test func `a rate holds for all workers together, whoever is killed`() throws {
      let fixture = try StoreFixture()
      var random = SeededRandom()
      print("rate storm: seed \(random.seed)")
      let queues = [
        Paced(queue: "five", rate: "5/s", speed: 5, items: 25),
        Paced(queue: "one", rate: "60/m", speed: 1, items: 6),
      ]
      var workers: [CommandProcess] = []
      let start = { (paced: Paced) in
        fixture.work(
          ["--queue", paced.queue, "--workers", "1", "--rate", paced.rate],
          handler: [CommandProcess.products + "/ledger-handler", fixture.ledger])
      }
      for paced in queues {
        let ids = (1...paced.items).map { "\(paced.queue)-\($0)0" }
        let input = fixture.directory + "/" + paced.queue
        try (ids.joined(separator: "\n") + "\n").write(
          toFile: input, atomically: false, encoding: .utf8)
        let enqueuer = CommandProcess(
          ["q-enqueue", "--quiet", "--store", fixture.store, "--queue", paced.queue],
          streams: .init(input: input, error: fixture.errors))
        #expect(enqueuer.wait() == .exited(0), "\(fixture.said)")
      }
      for paced in queues { for _ in 1...8 { workers.append(start(paced)) } }
      for round in 0..<8 {
        usleep(random.moment(upTo: 400_000))
        workers[random.number(0...workers.count - 1)].send(SIGKILL)
        workers.append(start(queues[round % queues.count]))
      }
      for worker in workers { _ = worker.wait(within: 60) }
      let ledger = fixture.runs()
      #expect(ledger.violations == [])
      for paced in queues {
        let times = ledger.events.filter { $0.kind == .start && $0.id.hasPrefix(paced.queue) }
          .map(\.time)
        let span = Double((times.max() ?? 0) - (times.min() ?? 0)) / 1e9
        // A first handler that was slow to start makes the time look shorter.
        #expect(
          Double(times.count) <= span * paced.speed + 1 + 2,
          "\(times.count) starts of \(paced.queue) in \(span) s")
        #expect(times.count >= paced.items)
      }
      #expect(fixture.findings() == "")
    }
  }
}
