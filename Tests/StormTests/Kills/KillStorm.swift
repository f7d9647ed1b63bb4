import Foundation
import QueueTestKit

/// Enqueuers, workers and whoever looks at or changes the queue, on one store, killed at random
/// instants until enough were; their handlers and what those started too.
struct KillStorm {
  private struct Enqueuer {
    var process: CommandProcess
    var batch: Int
  }

  private struct Worker {
    var process: CommandProcess
    /// Started when it was sure that there was a queue.
    var hadQueue: Bool
    /// It, and everything beside it, was asked to end.
    var isAsked = false
  }

  private struct Bystander {
    var process: CommandProcess
    var command: String
    /// The file of what it says.
    var said: String
    /// What it is to remove.
    var removes: [String] = []
    /// What it is to remove, whoever has it, and to enqueue again at once.
    var renews: [String] = []
  }

  let fixture: StoreFixture
  /// How many of a group run at once; nil: there are no groups. Batch N is of group N % 5.
  private let groupLimit: Int?
  /// What more goes on beside, every other time.
  private let beside: [[String]]
  private var random: SeededRandom
  private var batches: [[String]] = []
  private var enqueuers: [Enqueuer] = []
  private var workers: [Worker] = []
  private var bystanders: [Bystander] = []
  /// At the last look.
  private var doneBefore = 0
  private var pendingBefore = 0
  private var removedBefore = 0
  private var renewed = 0
  private var renewedBefore = 0

  private(set) var journal: Journal
  private(set) var ledger = RunLedger()
  /// What must never be, one sentence each.
  private(set) var violations: [String] = []
  private(set) var kills = 0
  private(set) var killsWhileOpening = 0
  private(set) var stops = 0
  private(set) var terms = 0
  var renewals: Int { renewed }

  init(
    _ fixture: StoreFixture, _ random: SeededRandom, groupLimit: Int? = nil,
    beside: [[String]] = []
  ) {
    (self.fixture, self.groupLimit, self.beside) = (fixture, groupLimit, beside)
    self.random = random
    journal = Journal(fixture.ledger + "/journal")
  }

  /// Kills until `count` processes were killed, then lets everything come to its end.
  mutating func run(kills count: Int) throws {
    if let groupLimit { try makeGroups(groupLimit) }
    var looked = 0
    while kills < count && violations.isEmpty {
      reap()
      while enqueuers.count < 2 { try startEnqueuer() }
      while workers.count < 3 { startWorker() }
      while bystanders.count < 2 { startBystander() }
      switch random.number(1...100) {
      case 1...40: try killWhileOpening()
      case 41...50: stopAndContinue()
      case 51...55: killHandler()
      case 56...58: try answerLate()
      case 59...61: askEverybody()
      default:
        usleep(
          random.happens(30) ? UInt32(random.number(0...300_000)) : random.moment(upTo: 120_000))
        killAny()
      }
      if kills - looked >= 10 {
        looked = kills
        try look()
      }
    }
    if violations.isEmpty { try drain() }
  }

  // MARK: Starting

  private func makeGroups(_ limit: Int) throws {
    let said = fixture.says(
      """
      PATH=\(CommandProcess.products):$PATH
      q-enqueue --quiet --store '\(fixture.store)' --group g0 < /dev/null 2> /dev/null
      q-config --store '\(fixture.store)' group-limit=\(limit)
      """)
    guard said == "=> 0" else { throw Unexpected(said) }
  }

  /// Nothing keeps what is left from being run.
  private func endLimits() throws {
    let said = fixture.says(
      "\(CommandProcess.products)/q-config --store '\(fixture.store)' budget.usd=")
    guard said == "=> 0" else { throw Unexpected(said) }
  }

  private mutating func startEnqueuer() throws {
    // A batch that was cut off comes again before a new one: what it had committed is known by now.
    let busy = Set(enqueuers.map(\.batch))
    var batch = batches.count
    if let left = batches.indices.first(where: { !isAcknowledged($0) && !busy.contains($0) }) {
      batch = left
    } else {
      let size = pendingBefore > 4_000 ? 1 : random.happens(3) ? 600 : random.number(1...40)
      batches.append((1...size).map { "b\(batch)-\($0)" })
    }
    journal.note(batches[batch], .asked)
    let options = groupLimit == nil ? [] : ["--group", "g\(batch % 5)", "--batch", "b\(batch % 3)"]
    enqueuers.append(
      Enqueuer(process: try fixture.startEnqueue(batches[batch], options), batch: batch))
  }

  private func isAcknowledged(_ batch: Int) -> Bool {
    batches[batch].first.map { journal.standing[$0] != .asked } ?? false
  }

  private mutating func startWorker() {
    var options = ["--workers", "\(random.number(2...4))", "--quiet"]
    if random.happens(60) { options.append("--follow") }
    if random.happens(60) { options += random.happens(50) ? ["-n", "3"] : ["--stream"] }
    if groupLimit != nil, random.happens(50) { options += ["--pool", "gpu=0,0,1"] }
    addWorker(options)
  }

  private mutating func addWorker(_ options: [String]) {
    // No loss and no crash ends an item: both are the storm's doing.
    let endless = ["--max-losses", "0", "--max-attempts", "1000", "--backoff", "1ms..50ms"]
    // What a lost run has spent is known by what it had reserved.
    let reserve = groupLimit == nil ? [] : ["--reserve", "usd=0.000001"]
    let program = CommandProcess.products + "/ledger-handler"
    let process = fixture.work(
      options + endless + reserve,
      handler: [fixture.users.isEmpty ? program : fixture.copy(of: program), fixture.ledger],
      environment: ["FAIL_FIRST": "9"].merging(
        groupLimit.map { ["GROUP_LIMIT": "\($0)", "SPEND": "1"] } ?? [:]
      ) { $1 })
    workers.append(
      Worker(process: process, hadQueue: batches.indices.contains { isAcknowledged($0) }))
  }

  private mutating func startBystander() {
    var all = BystanderCommands.all + (groupLimit == nil ? [] : BystanderCommands.ofLimits)
    if !beside.isEmpty, random.happens(50) { all = beside }
    var bystander = all[random.number(0...all.count - 1)]
    var removes: [String] = []
    if random.happens(15), let batch = batches.indices.randomElement(using: &random) {
      removes = batches[batch].filter {
        journal.standing[$0] == .acknowledged && random.happens(20)
      }
    }
    var renews: [String] = []
    if !removes.isEmpty {
      bystander = ["q-remove", "--quiet"] + removes
      journal.note(removes, .removing)
    } else if random.happens(40) {
      renews = busyIDs()
    }
    bystander.insert(contentsOf: ["--store", fixture.store], at: 1)
    if !renews.isEmpty {
      bystander = renewal(of: renews)
      journal.note(renews, .removing)
    }
    let said = fixture.directory + "/aside-" + UUID().uuidString
    let process = CommandProcess(bystander, streams: .init(output: said, error: said + ".errors"))
    bystanders.append(
      Bystander(
        process: process, command: bystander.joined(separator: " "), said: said, removes: removes,
        renews: renews))
  }

  /// Ids whose handlers run now, and that are to stay.
  private func busyIDs() -> [String] {
    Set(RunningHandlers.of(fixture.ledger).map(\.id))
      .filter { journal.standing[$0] == .acknowledged }.sorted()
  }

  /// Takes items from their workers, and enqueues their ids again before anything else.
  private func renewal(of ids: [String]) -> [String] {
    let script = """
      store=$1 bin=$2; shift 2
      "$bin/q-remove" --quiet --force --store "$store" "$@" || exit
      if [ \(groupLimit ?? 0) = 0 ]; then
        printf '%s\\n' "$@" | "$bin/q-enqueue" --quiet --store "$store" --priority 0
        exit
      fi
      for id; do batch=${id#b}; printf '%s\\tg%d\\n' "$id" $((${batch%%-*} % 5)); done \
        | "$bin/q-enqueue" --quiet --store "$store" --priority 0 --tsv --group-by 2
      """
    return ["/bin/sh", "-c", script, "sh", fixture.store, CommandProcess.products] + ids
  }

  // MARK: Killing

  /// A process that has only begun: while it opens the store, mostly.
  private mutating func killWhileOpening() throws {
    let victim: CommandProcess
    if random.happens(50) {
      try startEnqueuer()
      victim = enqueuers[enqueuers.count - 1].process
    } else {
      startWorker()
      victim = workers[workers.count - 1].process
    }
    usleep(random.moment(upTo: 40_000))
    killsWhileOpening += 1
    kill(victim)
  }

  private mutating func killAny() {
    let all = workers.map(\.process) + enqueuers.map(\.process) + bystanders.map(\.process)
    guard !all.isEmpty else { return }
    kill(all[random.number(0...all.count - 1)])
  }

  private mutating func kill(_ victim: CommandProcess) {
    // Worker and guard at once, at times: then it is up to the others.
    if random.happens(30) {
      for each in fixture.guards(of: victim.pid) { Glibc.kill(each, SIGKILL) }
    }
    victim.send(SIGKILL)
    kills += 1
    if victim.wait() == nil { violations.append("pid \(victim.pid) does not die") }
  }

  private mutating func killHandler() {
    guard let victim = RunningHandlers.of(fixture.ledger).randomElement(using: &random) else {
      return
    }
    journal.noteKill(of: victim.id, pid: victim.pid)
    if Foundation.kill(victim.pid, SIGKILL) == 0 { kills += 1 }
  }

  /// What stops a service or a container asks everybody in it to end at once, in whatever order, and
  /// may kill what is left.
  private mutating func askEverybody() {
    guard !workers.isEmpty else { return }
    let handlers = RunningHandlers.of(fixture.ledger).map(\.pid)
    let isEarly = random.happens(50)
    if isEarly {
      for handler in handlers { Foundation.kill(handler, SIGTERM) }
      usleep(random.moment(upTo: 60_000))
    }
    for place in workers.indices {
      workers[place].isAsked = true
      workers[place].process.send(SIGTERM)
    }
    if !isEarly { for handler in handlers { Foundation.kill(handler, SIGTERM) } }
    terms += 1
    guard random.happens(50) else { return }
    usleep(random.moment(upTo: 60_000))
    for worker in workers { kill(worker.process) }
  }

  private mutating func stopAndContinue() {
    let all = workers.map(\.process) + enqueuers.map(\.process) + bystanders.map(\.process)
    guard let process = all.randomElement(using: &random) else { return }
    process.send(SIGSTOP)
    usleep(random.moment(upTo: 100_000))
    process.send(SIGCONT)
    stops += 1
  }

  private mutating func answerLate() throws {
    guard journal.count(.acknowledged) > 0 else { return }
    let late = try LateAnswer(fixture, wanted: random.number(1...4))
    ledger.read(fixture.events)
    let claimed = ledger.events.count
    var stale: Set<String> = []
    _ = becomesTrue(within: 0.5) {
      ledger.read(fixture.events)
      stale = Set(ledger.events[claimed...].filter { $0.kind == .start }.map(\.id))
        .intersection(late.ids)
      return !stale.isEmpty
    }
    for id in try late.answer() {
      if stale.contains(id) { violations.append("a stale answer of \(id) was heard") }
      journal.noteAnswer(id)
    }
  }

  // MARK: Looking

  /// Takes note of what ended: a batch is acknowledged when its q-enqueue said so, never before.
  /// Each process is asked once: one that ends meanwhile is the next call's.
  private mutating func reap() {
    enqueuers = enqueuers.filter { enqueuer in
      guard let exit = enqueuer.process.poll() else { return true }
      switch exit {
      case .exited(0): journal.note(batches[enqueuer.batch], .acknowledged)
      case .signalled(SIGKILL): break
      default: violations.append("q-enqueue: \(exit)")
      }
      return false
    }
    bystanders = bystanders.filter { bystander in
      guard let exit = bystander.process.poll() else { return true }
      let said = [bystander.said, bystander.said + ".errors"]
      defer { for file in said { unlink(file) } }
      switch exit {
      case .exited(0):
        journal.note(bystander.removes, .removed)
        journal.note(bystander.renews, .acknowledged)
        renewed += bystander.renews.count
      // A q-wait that saw failures, or whose time is over; no store, queue or item yet; an item in
      // work.
      case .signalled(SIGKILL), .exited(1), .exited(124), .exited(66), .exited(75): break
      default:
        let words = said.compactMap {
          try? String(contentsOfFile: $0, encoding: .utf8).prefix(2_000)
        }
        violations.append("\(bystander.command): \(exit): \(words.joined(separator: "\n"))")
      }
      return false
    }
    workers = workers.filter { worker in
      guard let exit = worker.process.poll() else { return true }
      switch exit {
      case .signalled(SIGKILL), .exited(0), .exited(1): break
      // The budget is spent.
      case .exited(75) where groupLimit != nil: break
      case .signalled(SIGTERM) where worker.isAsked: break
      case .exited(66) where !worker.hadQueue: break
      default: violations.append("q-work: \(exit)")
      }
      return false
    }
  }

  /// What was acknowledged is there, what was done stays done unless it is removed, and the
  /// handlers saw nothing that must not be.
  private mutating func look() throws {
    let expected = journal.count(.acknowledged)
    guard expected > 0 else { return }
    let removed = journal.count(.removed)
    let counts = try fixture.stats()
    let (total, done) = (counts["total"] ?? 0, counts["done"] ?? 0)
    if total < expected { violations.append("\(expected) acknowledged, \(total) there") }
    let gone = removed + journal.count(.removing) - removedBefore + renewed - renewedBefore
    if done < doneBefore - gone {
      violations.append("\(doneBefore) were done, \(done) are")
    }
    (doneBefore, removedBefore, renewedBefore) = (done, removed, renewed)
    pendingBefore = counts["pending"] ?? 0
    ledger.read(fixture.events)
    violations += ledger.violations.prefix(10)
  }

  /// Enqueues the rest and works until the queue is drained; nobody is killed any more.
  private mutating func drain() throws {
    while violations.isEmpty {
      for enqueuer in enqueuers where enqueuer.process.wait(within: 60) == nil {
        violations.append("pid \(enqueuer.process.pid), a q-enqueue, does not end")
        kill(enqueuer.process)
      }
      reap()
      guard batches.indices.contains(where: { !isAcknowledged($0) }) else { break }
      try startEnqueuer()
    }
    for process in workers.map(\.process) + bystanders.map(\.process) { kill(process) }
    reap()
    if groupLimit != nil { try endLimits() }
    // What fails the first time succeeds the next.
    for _ in 1...2 {
      for _ in 1...2 { addWorker(["--workers", "4"]) }
      for worker in workers where worker.process.wait(within: 300) == nil {
        violations.append("the queue is not drained: \((try? fixture.stats()) ?? [:])")
      }
      reap()
      try fixture.retryAll()
    }
    try look()
  }
}
