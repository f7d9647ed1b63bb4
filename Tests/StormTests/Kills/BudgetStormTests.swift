import Foundation
import QueueCore
import QueueTestKit
import Testing

extension Storms {
  @Suite struct BudgetStormTests {
    /// Every run spends what its claim has reserved: no less is spent than the items have counted runs, and than
    /// handlers have told of, and no more than those and what dead workers had claimed.
    @Test func `every run has spent once, and no budget is exceeded, whoever is killed`()
      throws
    {
      let random = SeededRandom()
      let items = Storms.rounds(6_000, torture: 100_000)
      print("budget storm: seed \(random.seed), \(items) items")
      var storm = try BudgetStorm(random, items: items)
      try storm.run()
      #expect(storm.violations == [])
      #expect(storm.fixture.findings() == "")
      let done = try storm.fixture.items(.done)
      #expect(done.count == items)
      let runs = done.reduce(0 as UInt64) { $0 + BudgetStorm.runs($1) }
      let losses = done.reduce(0) { $0 + $1.state.tally.losses }
      print("budget storm: \(runs) runs, \(storm.kills) kills, \(losses) runs lost")
      let spending = try storm.fixture.spending()
      let spent = spending.spent.millionths / BudgetStorm.amount.millionths
      print("budget storm: \(storm.told) told, \(storm.recovered) recovered, \(spent) spent")
      #expect(spending.spent.millionths % BudgetStorm.amount.millionths == 0)
      #expect(spent >= runs && spent >= storm.told && spent <= storm.told + storm.recovered)
      #expect(spending.reserved == .zero && runs > UInt64(items) && losses > 0)
    }
  }
}

/// Workers of every shape on one queue with a budget, killed one after the other.
struct BudgetStorm {
  static let amount = Amount(millionths: 137)

  /// Runs of an item that its counts tell of.
  static func runs(_ item: Item) -> UInt64 {
    let tally = item.state.tally
    return UInt64(tally.attempts) + UInt64(tally.deferrals) + UInt64(tally.losses)
  }

  let fixture: StoreFixture
  private(set) var random: SeededRandom
  private(set) var violations: [String] = []
  private(set) var kills = 0
  /// Runs of which handlers have told.
  var told: UInt64 { UInt64(fixture.text(of: handler + ".told").utf8.count) }
  /// Claims that were taken back from dead workers.
  var recovered: UInt64 {
    fixture.said.matches(of: /took back (\d+) item/).reduce(0) { $0 + (UInt64($1.1) ?? 0) }
  }
  private let items: Int
  private let handler: String
  private var workers: [CommandProcess] = []
  private var limit = Amount.zero

  init(_ random: SeededRandom, items: Int) throws {
    fixture = try StoreFixture()
    (self.random, self.items) = (random, items)
    handler = fixture.directory + "/spend"
    try FileManager.default.createDirectory(
      atPath: handler + ".seen", withIntermediateDirectories: true)
    // Some fail the first time, some ask for more time.
    let script = """
      #!/bin/sh
      status() {
        case $1 in *[57]) ;; *) return 0;; esac
        [ ! -e "$0.seen/$1" ] || return 0
        : > "$0.seen/$1"
        case $1 in *5) return 75;; *) return 1;; esac
      }
      if [ "$Q_STREAM" ]; then
        while IFS= read -r line; do
          id=${line##*'"id":"'}; status "${id%%'"'*}"; code=$?; printf 1 >> "$0.told"
          echo "{\\"status\\":$code,\\"defer\\":\\"1ms\\",\\"spend\\":{\\"usd\\":0.000137}}"
        done
        exit
      fi
      for id; do
        printf 1 >> "$0.told"
        echo "spend usd 0.000137" >> "$Q_CONTROL"
        status "$id"; code=$?
        [ $code = 0 ] && continue
        echo "defer 1ms" >> "$Q_CONTROL"
        [ -z "$Q_ID" ] || exit $code
        echo "result $code $id" >> "$Q_CONTROL"
      done
      """
    try script.write(toFile: handler, atomically: false, encoding: .utf8)
    chmod(handler, 0o755)
    try fixture.enqueue((1...items).map { "\($0)" })
  }

  /// Works until everything is done, and kills meanwhile.
  mutating func run() throws {
    defer {
      for left in workers {
        left.send(SIGKILL)
        _ = left.wait()
      }
    }
    try raise()
    let deadline = ContinuousClock.now + .seconds(60 + items / 20)
    while try fixture.stats()["done"] ?? 0 < items {
      guard violations.isEmpty else { return }
      guard ContinuousClock.now < deadline else {
        return violations.append("it never came to an end: \(try fixture.stats())")
      }
      workers = workers.filter { worker in
        guard let exit = worker.poll() else { return true }
        if exit != .exited(75), exit != .exited(0) { violations.append("q-work: \(exit)") }
        return false
      }
      while workers.count < 3 { workers.append(start()) }
      usleep(random.moment(upTo: 400_000))
      let spending = try fixture.spending()
      if spending.spent + spending.reserved > limit {
        violations.append("\(spending) of \(limit.text)")
      }
      if limit - spending.spent < Amount(millionths: 4 * Self.amount.millionths) { try raise() }
      guard kills < items / 100, random.happens(60) else { continue }
      let victim = workers.remove(at: random.number(0...2))
      victim.send(SIGKILL)
      _ = victim.wait()
      kills += 1
    }
    // The dead are found by the living.
    for worker in workers where worker.wait(within: 60) == nil {
      violations.append("q-work does not end")
    }
    workers = [start()]
    if workers[0].wait(within: 60) != .exited(0) {
      violations.append("the last q-work: \(fixture.said)")
    }
  }

  private mutating func start() -> CommandProcess {
    let shapes = [["--workers", "3"], ["-n", "20", "--workers", "2"], ["--stream=json"]]
    return fixture.work(
      shapes[random.number(0...2)] + [
        "--quiet", "--reserve", "usd=\(Self.amount.text)", "--max-losses", "0", "--max-attempts",
        "1000", "--backoff", "1ms..5ms",
      ], handler: [handler])
  }

  /// Lets a fifth of all be spent beyond what may be.
  private mutating func raise() throws {
    limit += Amount(millionths: UInt64(items) * Self.amount.millionths / 5)
    let said = fixture.says(
      "\(CommandProcess.products)/q-config -s \(fixture.store) budget.usd=\(limit.text)")
    if said != "=> 0" { throw Unexpected(said) }
  }
}
