import Foundation
import QueueTestKit

/// Commands at work on one store, many at once, and what they have acknowledged.
///
/// Enqueuers, workers, leases, a look now and then, pauses, settings, retries and removals, chosen at random.
final class QueueTraffic {
  private struct Running {
    var process: CommandProcess
    /// What is known when it has ended well, by its output.
    var ended: (_ exit: Int32, _ output: String) -> [Promises.Fact]
    var name: String
    var output: String
  }

  private let fixture: StoreFixture
  private let environment: [String: String]
  private let note: (Promises.Fact) -> Void
  private var random: SeededRandom
  private var running: [Running] = []
  private var batches: Int
  private var attempts: UInt32
  /// By status, as listed last.
  private var listed: [String: [String]] = [:]
  private var removed: Set<String> = []
  /// More options of every q-work.
  var workOptions: [String] = []
  private(set) var unexpected: [String] = []
  private var number = 0

  /// `environment`: for the commands. `first`: where ids and settings begin, so that they are not
  /// those of the store's life before. `note`: called as soon as something is known.
  init(
    _ fixture: StoreFixture, environment: [String: String] = [:], from first: Int = 0,
    _ random: SeededRandom, note: @escaping (Promises.Fact) -> Void
  ) {
    self.fixture = fixture
    batches = first
    attempts = UInt32(first) + 3
    self.environment = environment
    self.random = random
    self.note = note
  }

  // MARK: Steps

  /// One of what goes on in a queue in use.
  func step() {
    switch random.number(1...100) {
    case 1...35: enqueue(random.happens(10) ? 60 : random.number(1...12))
    case 36...50: if count("q-work") < 3 { work() } else { usleep(2_000) }
    // Of what a lease has settled there is no result file.
    case 51...55: if workOptions.isEmpty { lease() }
    case 56...68: look("done")
    case 69...74: look("failed")
    case 75...80: start(["q-stats", "--all"], tolerating: [66])
    case 81...86: start(["q-pause", "--quiet", "--for", "20ms"], tolerating: [66])
    case 87...90: configure()
    case 91...93: remove()
    case 94...95: compact()
    default: usleep(random.moment(upTo: 30_000))
    }
    while running.count > 6 { reap(waiting: true) }
    reap()
  }

  func enqueue(_ count: Int) {
    batches += 1
    let ids = (1...count).map { id($0) }
    let lines = ids.map { id in
      Promises.payload(of: id).map { id + "\t" + String(decoding: $0, as: UTF8.self) } ?? id
    }
    note(.enqueueBegins(ids + ids.map(Self.child)))
    var options = ["--quiet", "--tsv"]
    if random.happens(20) { options += ["--priority", "\(random.number(0...255))"] }
    if random.happens(10) { options += ["--delay", "50ms"] }
    if random.happens(40) { options += ["--group", "g\(batches % 4)"] }
    if random.happens(40) {
      options += ["--batch", "b\(batches % 3)"]
    } else if random.happens(10) {
      options += ["--after-any", "b\(batches % 3)"]
    }
    // 66: there is no such batch yet.
    start(["q-enqueue"] + options, input: lines, tolerating: [66]) { exit, _ in
      exit == 66 ? [] : [.enqueued(ids)]
    }
  }

  func work() {
    let tally = path("tally")
    // 1: items that failed for good; 75: a pause; 66: it came before the queue.
    start(
      [
        "q-work", "--quiet", "--workers", "\(random.number(1...4))", "--max-losses", "0",
        "--collect",
      ]
        + (random.happens(50) ? ["--reserve", "usd=0.000001"] : []) + workOptions,
      handler: [StoreFixture.handler("tally.sh")], tolerating: [1, 66, 75],
      environment: ["TALLY": tally, "CURE": fixture.directory + "/cure"]
    ) { [fixture] exit, _ in
      exit == 66 ? [] : [.done(fixture.text(of: tally).split(separator: "\n").map(String.init))]
    }
  }

  /// What comes of an item that is settled by a lease.
  private static func child(of id: String) -> String { id + "/c" }

  /// Claims some by a lease, and settles them as done; of each that is no child comes one.
  func lease() {
    // What records the commands takes itself out of the environment of those that they start.
    let script = #"""
      bin=$1 store=$2; shift 2
      claims=$(env "$@" "$bin/q-claim" --store "$store" --quiet -n 4 --lease 2s) || exit
      printf '%s\n' "$claims" | awk -F '\t' '{
        emit = $3 ~ /\/c$/ ? "" : ",\"emit\":[{\"queue\":\"default\",\"id\":\"" $3 "/c\"}]"
        print "{\"token\":\"" $1 "\",\"outcome\":\"done\",\"spend\":{\"usd\":1e-6},\"result\":\"" $3 "\"" emit "}"
      }' | env "$@" "$bin/q-settle" --store "$store" --quiet --json || exit
      printf '%s\n' "$claims" | cut -f 3
      """#
    // 1 and 75: nothing was there to claim; 66: no queue; 76: it took longer than its lease.
    start(
      ["/bin/sh"],
      words: ["-c", script, "sh", CommandProcess.products, fixture.store]
        + environment.map { "\($0)=\($1)" },
      tolerating: [1, 66, 75, 76]
    ) { exit, output in
      guard exit == 0 else { return [] }
      let ids = output.split(separator: "\n").map(String.init)
      return [.done(ids), .enqueued(ids.filter { !$0.hasSuffix("/c") }.map(Self.child))]
    }
  }

  /// What a command has listed is acknowledged as much as what it was told.
  func look(_ status: String) {
    start(["q-list", status], tolerating: [66]) { [weak self] _, output in
      let ids = output.split(separator: "\n").map(String.init)
      self?.listed[status] = ids
      return [status == "done" ? .done(ids) : .failed(ids)]
    }
  }

  func configure() {
    guard count("q-config") == 0 else { return }
    attempts += 1
    let new = attempts
    note(.configBegins(attempts: new))
    let words = [
      "max-attempts=\(new)", "backoff=5ms..20ms", "group-limit=\(random.number(1...4))",
    ]
    start(["q-config"] + words, tolerating: [66]) { exit, _ in
      exit == 0 ? [.configured(attempts: new)] : []
    }
  }

  /// A few of those that are done.
  func remove() {
    let left = (listed["done"] ?? []).filter { !removed.contains($0) }
    let ids = left.shuffled(using: &random).prefix(6)
    guard !ids.isEmpty else { return }
    removed.formUnion(ids)
    note(.removeBegins(Array(ids)))
    start(["q-remove", "--quiet"], input: Array(ids)) { _, _ in [.removed(Array(ids))] }
  }

  /// What is acknowledged from then on lies in another file.
  func compact() {
    guard count("q-compact") == 0 else { return }
    start(["q-compact", "--quiet"], tolerating: [66])
  }

  /// What failed for good is cured and tried again.
  func retry() throws {
    look("failed")
    try finish()
    let failed = listed["failed"] ?? []
    _ = FileManager.default.createFile(atPath: fixture.directory + "/cure", contents: nil)
    note(.retryBegins(failed))
    start(["q-retry", "--all", "--quiet"]) { _, _ in [.retried(failed)] }
    try finish()
  }

  /// Waits until all commands have ended.
  func finish() throws {
    while !running.isEmpty { reap(waiting: true) }
    guard unexpected.isEmpty else {
      throw Unexpected(unexpected.joined(separator: "\n") + "\n" + fixture.said.suffix(2_000))
    }
  }

  /// Kills what runs, after the store was cut off from its disk: what failed is no fault, but what
  /// had ended well is known.
  func kill() {
    for one in running { one.process.send(SIGKILL) }
    for one in running where one.process.wait() == .exited(0) {
      for fact in one.ended(0, fixture.text(of: one.output)) { note(fact) }
    }
    running = []
  }

  // MARK: Processes

  /// Notes what those have acknowledged that have ended. `tolerated` exits mean no fault.
  func reap(waiting: Bool = false) {
    if waiting, let first = running.first, first.process.wait(within: 60) == nil {
      unexpected.append("\(first.name) does not end")
      first.process.send(SIGKILL)
    }
    for one in running where one.process.poll() != nil {
      guard case .exited(let status) = one.process.poll() else {
        unexpected.append("\(one.name): \(String(describing: one.process.poll()))")
        continue
      }
      for fact in one.ended(status, fixture.text(of: one.output)) { note(fact) }
    }
    running.removeAll { $0.process.poll() != nil }
  }

  private func count(_ name: String) -> Int { running.count { $0.name == name } }

  private func start(
    _ command: [String], words: [String]? = nil, handler: [String] = [], input: [String]? = nil,
    tolerating tolerated: Set<Int32> = [], environment more: [String: String] = [:],
    then ended: @escaping (_ exit: Int32, _ output: String) -> [Promises.Fact] = { _, _ in [] }
  ) {
    let output = path("output")
    var streams = CommandProcess.Streams(output: output, error: fixture.errors)
    if let input {
      streams.input = path("input")
      _ = FileManager.default.createFile(
        atPath: streams.input, contents: Data((input.joined(separator: "\n") + "\n").utf8))
    }
    let ours = ["--store", fixture.store] + command.dropFirst()
    let process = CommandProcess(
      [command[0]] + (words ?? ours + (handler.isEmpty ? [] : ["--"] + handler)),
      environment: environment.merging(more) { _, new in new }, streams: streams)
    running.append(
      Running(
        process: process,
        ended: { [weak self] exit, output in
          guard exit == 0 || tolerated.contains(exit) else {
            self?.unexpected.append("\(command.joined(separator: " ")): exit \(exit)")
            return []
          }
          return ended(exit, output)
        }, name: command[0], output: output))
  }

  private func path(_ kind: String) -> String {
    number += 1
    return "\(fixture.directory)/\(kind)-\(number)"
  }

  /// Ids of all kinds: some fail, some are longer than a key, some have payloads, a few of them on
  /// pages of their own.
  private func id(_ place: Int) -> String {
    var id = random.happens(8) ? "flaky-" : random.happens(5) ? "poison-" : "b"
    id += "\(batches)-\(place)"
    if random.happens(4) { id += "-" + String(repeating: "long", count: random.number(100...300)) }
    switch random.number(1...10) {
    case 1...4: id += "~\(random.number(1...300))"
    case 5: id += "~\(random.number(1_000...12_000))"
    default: break
    }
    return id
  }
}
