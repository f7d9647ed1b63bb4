import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  @Suite struct KeepingStormTests {
    /// Items change while they are worked on, and are pruned behind the workers' backs; everybody is killed: each
    /// item runs with its last payload at the end, never beside itself, and no id is forgotten.
    @Test func `whoever is killed, what has changed runs again, and what was pruned is known`()
      throws
    {
      let fixture = try StoreFixture()
      var random = SeededRandom()
      let (ids, rounds) = (Storms.rounds(150, torture: 600), Storms.rounds(60, torture: 1_000))
      print("keeping storm: seed \(random.seed), \(ids) items, \(rounds) rounds")
      var versions = (0..<ids).map { _ in 0 }
      #expect(try enqueue(fixture, versions.indices.map { ($0, 0) }).wait(within: 60) == .exited(0))
      for words in [["keep=50ms"], ["backoff=1ms..5ms", "max-losses=0"]] {
        #expect(command(fixture, ["q-config"] + words).wait(within: 60) == .exited(0))
      }
      var (workers, kills) = ([] as [CommandProcess], 0)
      defer {
        for process in workers {
          process.send(SIGKILL)
          _ = process.wait()
        }
      }
      for round in 1...rounds {
        workers = workers.filter { $0.poll() == nil }
        while workers.count < 3 { workers.append(work(fixture)) }
        let changed = versions.indices.filter { _ in random.happens(20) }
        for id in changed { versions[id] = round }
        // One that is killed is run again, as somebody would.
        var isThrough = false
        while !isThrough {
          let enqueue = try enqueue(fixture, changed.map { ($0, round) })
          if random.happens(30) {
            usleep(random.moment(upTo: 20_000))
            enqueue.send(SIGKILL)
            kills += 1
          }
          isThrough = enqueue.wait(within: 60) == .exited(0)
        }
        let prune = command(
          fixture,
          ["q-prune", "--quiet", "--keep", "\(random.number(0...20))", "--status", "done"])
        let isKilled = random.happens(60)
        if isKilled {
          usleep(random.moment(upTo: 20_000))
          prune.send(SIGKILL)
          kills += 1
        }
        let end = prune.wait(within: 60)
        #expect(end == .exited(0) || isKilled && end == .signalled(SIGKILL))
        if random.happens(50) {
          let victim = workers.remove(at: random.number(0...workers.count - 1))
          victim.send(SIGKILL)
          _ = victim.wait()
          kills += 1
        }
      }
      while workers.count < 3 { workers.append(work(fixture)) }
      for worker in workers where worker.wait(within: 120) == nil {
        Issue.record("q-work does not end")
      }
      let lines = fixture.text(of: fixture.directory + "/ended").split(separator: "\n")
      print("keeping storm: \(kills) kills, \(lines.count) runs that ended")
      let ended = Set(lines.map(String.init))
      for id in versions.indices where !ended.contains("\(id) \(versions[id])") {
        Issue.record("item \(id) never ran as version \(versions[id])")
      }
      #expect(fixture.text(of: fixture.directory + "/overlaps") == "")
      let stats = try fixture.stats()
      #expect(stats["pending"] == 0 && stats["failed"] == 0 && stats["processing"] == 0)
      // All of them are known, with the payloads that they have.
      let again = try enqueue(fixture, versions.indices.map { ($0, versions[$0]) })
      #expect(again.wait(within: 60) == .exited(0))
      #expect(try fixture.stats()["pending"] == 0)
      #expect(fixture.findings() == "")
    }

    private func enqueue(_ fixture: StoreFixture, _ lines: [(Int, Int)]) throws -> CommandProcess {
      let path = fixture.directory + "/lines"
      let text = lines.map { "\($0)\t\($1)\n" }.joined()
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return command(
        fixture,
        ["q-enqueue", "--quiet", "--tsv", "--on-change", "requeue", path])
    }

    private func command(_ fixture: StoreFixture, _ words: [String]) -> CommandProcess {
      CommandProcess(
        [words[0], "--store", fixture.store] + words.dropFirst(),
        streams: .init(error: fixture.errors))
    }

    private func work(_ fixture: StoreFixture) -> CommandProcess {
      fixture.work(
        ["--quiet", "--workers", "2", "--recipe", "v1"],
        handler: [
          "sh", "-c",
          """
          cd "$2"; exec 9> "lock.$1"; flock -n 9 || echo "$1" >> overlaps
          version=$(cat); echo "$1 $version" >> ended
          """, "sh", "{}", fixture.directory,
        ])
    }
  }
}
