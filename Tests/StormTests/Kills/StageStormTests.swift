import Foundation
import LMDBStore
import QueueCore
import QueueLogic
import QueueTestKit
import Testing

extension Storms {
  @Suite struct StageStormTests {
    @Test func `what stages emit is there exactly once, whoever is killed`() throws {
      var storm = try StageStorm(SeededRandom())
      try storm.run(kills: Storms.rounds(200, torture: 2_000))
      #expect(storm.violations == [])
      #expect(storm.fixture.findings() == "")
      #expect(storm.fixture.workers == 0, "a dead worker's records are left")
    }
  }
}

/// Three stages with two fan-outs, worked on in every shape, and by whoever claims by leases; all of them
/// killed at random instants.
struct StageStorm {
  private struct Stage {
    var queue: String
    /// Where the next one is, how its ids are called after their parents', and how many there are of each.
    var next: (queue: String, name: String, count: Int)?
  }

  private static let stages = [
    Stage(queue: "sites", next: ("pages", "p", 3)), Stage(queue: "pages", next: ("words", "w", 2)),
    Stage(queue: "words"),
  ]
  private static let endless = ["--max-losses", "0", "--max-attempts", "1000"]

  let fixture: StoreFixture
  private(set) var violations: [String] = []
  private var random: SeededRandom
  private let roots: [String]
  private var running: [CommandProcess] = []

  init(_ random: SeededRandom) throws {
    self.random = random
    fixture = try StoreFixture()
    roots = (1...80).map { "s\($0)" }
    print("stage storm: seed \(random.seed) in \(fixture.directory)")
    let input = fixture.directory + "/roots"
    try roots.map { $0 + "\n" }.joined().write(toFile: input, atomically: false, encoding: .utf8)
    let process = CommandProcess(
      ["q-enqueue", "--store", fixture.store, "--quiet", "-q", "sites"],
      streams: .init(input: input, error: fixture.errors))
    guard process.wait() == .exited(0) else { throw Unexpected("q-enqueue: \(fixture.said)") }
    let store = try LMDBStore(path: fixture.store)
    for stage in Self.stages {
      // No loss ends an item: all of them are the storm's doing.
      try store.configure(QueueName(unchecked: stage.queue)) { settings, _ in
        settings.maximumLosses = 0
      }
    }
  }

  /// Kills until `count` processes were killed, then lets everything come to its end.
  mutating func run(kills count: Int) throws {
    for _ in 1...count {
      while running.count < 5 { running.append(start(random.number(0...2))) }
      usleep(random.moment(upTo: 150_000))
      let victim = running.remove(at: random.number(0...running.count - 1))
      kill(-victim.pid, SIGKILL)
      victim.send(SIGKILL)
      _ = victim.wait()
      running.removeAll { $0.poll() != nil }
    }
    for left in running {
      kill(-left.pid, SIGKILL)
      left.send(SIGKILL)
    }
    running = []
    let before = try counts()
    for stage in Self.stages.indices {
      var exit = work(stage, shape: "single").wait(within: 120)
      // What a killed one's lease holds comes back when it ends.
      while exit == .exited(75) {
        usleep(100_000)
        exit = work(stage, shape: "single").wait(within: 120)
      }
      if exit != .exited(0) {
        violations.append("\(Self.stages[stage].queue): \(String(describing: exit))")
      }
    }
    print("stage storm: \(count) kills, \(before) before the rest, \(try counts()) in the end")
    try compare()
  }

  /// Somebody who works on a stage, in a group of his own.
  private mutating func start(_ stage: Int) -> CommandProcess {
    let shapes = ["single", "printed", "many", "objects", "leases"]
    return work(stage, shape: shapes[random.number(0...shapes.count - 1)])
  }

  private func work(_ place: Int, shape: String) -> CommandProcess {
    let stage = Self.stages[place]
    let (queue, name, count) = stage.next ?? ("", "", 0)
    let numbers = (0..<count).map { "\($0 + 1)" }.joined(separator: " ")
    let fan = Self.fan + " '\(queue)' '\(name)' \(count)"
    let wait = "sleep 0.02"
    let asks = "for i in $(seq \(count)); do echo \"emit \(queue) $id/\(name)$i\"; done"
    let command =
      switch shape {
      case "single":
        "-j3 -- sh -c '\(wait); id=$1; \(asks) >> \"$Q_CONTROL\"' sh"
      case "printed" where count > 0:
        "-j2 --emit \(queue) -- sh -c '\(wait); for i in \(numbers); do echo \"$1/\(name)$i\"; done' sh"
      case "many":
        "-n 3 -j2 -- sh -c '\(wait); for id in \"$@\"; do \(asks); done >> \"$Q_CONTROL\"' sh"
      case "leases":
        "while q-claim --store \"$0\" -q \(stage.queue) --json -n 3 --lease 300ms > \"$1\"; do "
          + "\(wait); \(fan) < \"$1\" | q-settle --store \"$0\" --json; done"
      default: "--stream=json -j2 -- \(fan)"
      }
    let options =
      Self.endless.joined(separator: " ") + " --quiet --backoff 1ms..9ms -q \(stage.queue) "
    let line = shape == "leases" ? command : "exec q-work --store \"$0\" \(options)" + command
    let claims = fixture.directory + "/claims-" + UUID().uuidString
    return CommandProcess(
      ["/usr/bin/setsid", "sh", "-c", line, fixture.store, claims],
      environment: ["PATH": CommandProcess.products + ":/usr/bin:/bin"],
      streams: .init(error: fixture.errors))
  }

  private static let fan = StoreFixture.handler("../stages/fan.py")

  // MARK: What is there

  private func compare() throws {
    let store = try LMDBStore(path: fixture.store)
    var expected = roots
    for stage in Self.stages {
      let name = QueueName(unchecked: stage.queue)
      let counts = try store.summary(of: name)?.counts ?? Counts()
      let there = try store.items(of: name, in: .done, after: nil, limit: 10_000).items
        .map(\.id.description)
      if there.sorted() != expected.sorted() || Int(counts.enqueued) != expected.count {
        let (more, less) = (Set(there).subtracting(expected), Set(expected).subtracting(there))
        throw Unexpected(
          "\(stage.queue): \(counts): \(more.sorted().prefix(5)) too many, "
            + "\(less.sorted().prefix(5)) too few: \(fixture.said.suffix(2_000))")
      }
      expected = expected.flatMap { parent in
        (0..<(stage.next?.count ?? 0)).map { "\(parent)/\(stage.next?.name ?? "")\($0 + 1)" }
      }
    }
  }

  private func counts() throws -> [UInt64] {
    let store = try LMDBStore(path: fixture.store)
    return try Self.stages.map { stage in
      try store.summary(of: QueueName(unchecked: stage.queue))?.counts.done ?? 0
    }
  }
}
