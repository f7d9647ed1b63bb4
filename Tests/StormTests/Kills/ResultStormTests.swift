import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  @Suite struct ResultStormTests {
    /// Workers that collect and a reader that follows, killed one after the other: what is done has given back
    /// what it should, and the reader has written each of it down, once or more.
    @Test func `whoever is killed, results are those of done items, and a reader misses none`()
      throws
    {
      let fixture = try StoreFixture()
      var random = SeededRandom()
      let items = Storms.rounds(4_000, torture: 40_000)
      print("result storm: seed \(random.seed), \(items) items")
      try fixture.enqueue((1...items).map { "\($0)" })
      let read = fixture.directory + "/read"
      var (workers, kills, reader) = ([] as [CommandProcess], 0, follow(fixture, read))
      defer {
        for process in workers + [reader] {
          process.send(SIGKILL)
          _ = process.wait()
        }
      }
      let deadline = ContinuousClock.now + .seconds(120 + items / 20)
      while try fixture.stats()["done"] ?? 0 < items {
        try #require(ContinuousClock.now < deadline, "it never came to an end")
        workers = workers.filter { $0.poll() == nil }
        while workers.count < 3 { workers.append(work(fixture)) }
        usleep(random.moment(upTo: 200_000))
        guard kills < items / 40 else { continue }
        kills += 1
        if random.happens(40) {
          reader.send(SIGKILL)
          _ = reader.wait()
          reader = follow(fixture, read)
        } else {
          let victim = workers.remove(at: random.number(0...workers.count - 1))
          victim.send(SIGKILL)
          _ = victim.wait()
        }
      }
      for worker in workers where worker.wait(within: 60) == nil {
        Issue.record("q-work does not end")
      }
      let rest = CommandProcess(
        ["q-results", "--store", fixture.store, "--reader", "sink"],
        streams: .init(output: read + ".rest", error: fixture.errors))
      #expect(rest.wait(within: 60) == .exited(0))
      // A line that was cut off is printed again, whole.
      let lines = (fixture.text(of: read) + "\n" + fixture.text(of: read + ".rest"))
        .split(separator: "\n")
      let seen = Set(lines)
      print("result storm: \(kills) kills, \(lines.count) lines read")
      #expect((1...items).allSatisfy { seen.contains("result of \($0).") })
      for item in try fixture.items(.done) {
        let result = try fixture.result(of: item.id)
        #expect(result == "result of \(item.id).\n")
      }
      #expect(fixture.findings() == "")
    }

    private func work(_ fixture: StoreFixture) -> CommandProcess {
      fixture.work(
        ["--quiet", "--collect", "--workers", "3", "--max-losses", "0"],
        handler: ["sh", "-c", "echo \"result of $1.\"", "sh"])
    }

    private func follow(_ fixture: StoreFixture, _ path: String) -> CommandProcess {
      CommandProcess(
        [
          "/bin/sh", "-c",
          "exec \"$1/q-results\" --store \"$2\" --reader sink --follow >> \"$3\"", "sh",
          CommandProcess.products, fixture.store, path,
        ], streams: .init(error: fixture.errors))
    }
  }
}
