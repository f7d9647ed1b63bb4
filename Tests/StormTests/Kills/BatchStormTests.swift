import Foundation
import QueueTestKit
import Testing

extension Storms {
  @Suite struct BatchStormTests {
    /// Waiters go on once, after the last item of their batch: though its q-enqueue is killed at random moments
    /// and run again, and workers race it, and are killed as well.
    @Test func `a batch is never complete early, and those that wait for it run once`() throws {
      var random = SeededRandom()
      print("batch storm: seed \(random.seed)")
      var (fills, kills) = (0, 0)
      let rounds = Storms.rounds(4, torture: 200)
      for round in 1...rounds {
        // A few of a million lines among many that are over sooner.
        let isLarge = rounds > 100 && round % 40 == 0
        var storm = try BatchStorm(random, lines: isLarge ? 1_000_000 : random.number(500...30_000))
        try storm.run()
        #expect(storm.violations == [], "round \(round)")
        #expect(storm.fixture.findings() == "")
        guard storm.violations.isEmpty else { return }
        (random, fills, kills) = (storm.random, fills + storm.fills, kills + storm.kills)
      }
      print("batch storm: \(rounds) rounds, \(fills) times filled, \(kills) kills")
    }
  }
}

/// One batch on its way: filled, worked on and awaited.
struct BatchStorm {
  private static let waiters = ["one", "two", "three"]

  let fixture: StoreFixture
  let lines: Int
  private(set) var random: SeededRandom
  private(set) var violations: [String] = []
  private(set) var fills = 0
  private(set) var kills = 0
  private let input: String
  private let seen: String

  init(_ random: SeededRandom, lines: Int) throws {
    fixture = try StoreFixture()
    (self.random, self.lines) = (random, lines)
    (input, seen) = (fixture.directory + "/lines", fixture.directory + "/seen")
    try (1...lines).map { "\($0)\n" }.joined()
      .write(toFile: input, atomically: false, encoding: .utf8)
    let said = fixture.says(
      """
      export PATH=\(CommandProcess.products):$PATH Q_STORE=\(fixture.store)
      q-enqueue --quiet -q maps --batch b --open < /dev/null 2> /dev/null
      printf '\(Self.waiters.joined(separator: "\\n"))\\n' | q-enqueue --quiet -q next --after b
      q-config -q maps max-losses=0 && q-config -q next max-losses=0
      """)
    if said != "=> 0" { throw Unexpected(said) }
  }

  mutating func run() throws {
    var workers = [startMaps(), startMaps()]
    // What waits notes how much is done when it runs.
    let next = fixture.work(
      ["-q", "next", "--follow", "--quiet"],
      handler: [
        "/bin/sh", "-c",
        """
        done=$(\(CommandProcess.products)/q-stats -s \(fixture.store) -q maps | grep done)
        echo "$1 ${done##* }" >> \(seen)
        """, "sh", "{}",
      ])
    defer {
      for left in workers + [next] {
        kill(-left.pid, SIGKILL)
        left.send(SIGKILL)
        _ = left.wait()
      }
    }
    var isFilled = false
    while !isFilled {
      let filling = CommandProcess(
        ["q-enqueue", "--quiet", "-s", fixture.store, "-q", "maps", "--batch", "b"],
        streams: .init(input: input, error: fixture.errors))
      fills += 1
      if random.happens(fills > 12 ? 20 : 75) {
        usleep(random.moment(upTo: 60_000 + Double(lines)))
        filling.send(SIGKILL)
        kills += 1
      }
      let exit = filling.wait(within: 120)
      isFilled = exit == .exited(0)
      if !isFilled, exit != .signalled(SIGKILL) {
        violations.append("q-enqueue: \(String(describing: exit)): \(fixture.said)")
        return
      }
      if random.happens(30) {
        let victim = workers.removeFirst()
        victim.send(SIGKILL)
        kills += 1
        _ = victim.wait()
        workers.append(startMaps())
      }
    }
    for wait in [["--batch", "b"], ["-q", "next"]] {
      let exit = CommandProcess(
        ["q-wait", "-s", fixture.store, "--quiet", "--timeout", "100s"] + wait,
        streams: .init(error: fixture.errors)
      ).wait(within: 120)
      if exit != .exited(0) {
        violations.append("q-wait \(wait): \(String(describing: exit)): \(try fixture.stats())")
      }
    }
    let said = (try? String(contentsOfFile: seen, encoding: .utf8)) ?? ""
    let expected = Self.waiters.map { "\($0) \(lines)" }
    let found = said.split(separator: "\n").map(String.init)
    if found.sorted() != expected.sorted() {
      violations.append("ran with so many done: \(found), of \(lines)")
    }
  }

  private func startMaps() -> CommandProcess {
    fixture.work(
      ["-q", "maps", "--follow", "--quiet", "-n", "500", "--workers", "2"], handler: ["true"])
  }
}
