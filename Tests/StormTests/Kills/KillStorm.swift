import Foundation
import QueueTestKit

/// Enqueuers, workers and whoever looks at or changes the queue, on one store, killed at random instants until enough were.
struct KillStorm {
  private struct Batch {
    var ids: [String]
    var isAcknowledged = false
    var isBeingEnqueued = false
  }

  private struct Enqueuer {
    var process: CommandProcess
    var batch: Int
  }

  private struct Worker {
    var process: CommandProcess
    /// Started when it was sure that there was a queue.
    var hadQueue: Bool
  }

  private let fixture: StoreFixture
  private var random: SeededRandom
  private var batches: [Batch] = []
  private var enqueuers: [Enqueuer] = []
  private var workers: [Worker] = []
  private var bystanders: [CommandProcess] = []
  private var doneBefore = 0

  /// What must never be, one sentence each.
  private(set) var violations: [String] = []
  private(set) var kills = 0
  private(set) var killsWhileOpening = 0
  private(set) var stops = 0

  init(_ fixture: StoreFixture, _ random: SeededRandom) {
    self.fixture = fixture
    self.random = random
  }

  var acknowledged: [String] { batches.filter(\.isAcknowledged).flatMap(\.ids) }

  /// Kills until `count` processes were killed, then lets everything come to its end.
  mutating func run(kills count: Int) throws {
    var looked = 0
    while kills < count && violations.count < 10 {
      reap()
      while enqueuers.count < 2 { try startEnqueuer() }
      while workers.count < 3 { startWorker() }
      while bystanders.count < 2 { startBystander() }
      switch random.number(1...100) {
      case 1...45: try killWhileOpening()
      case 46...55: stopAndContinue()
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
    try drain()
  }

  private mutating func startEnqueuer() throws {
    // A batch that was cut off comes again before a new one: what it had committed is known by now.
    let batch: Int
    if let left = batches.firstIndex(where: { !$0.isAcknowledged && !$0.isBeingEnqueued }) {
      batch = left
    } else {
      batch = batches.count
      let size = random.happens(3) ? 600 : random.number(1...40)
      batches.append(Batch(ids: (1...size).map { "b\(batch)-\($0)" }))
    }
    batches[batch].isBeingEnqueued = true
    enqueuers.append(Enqueuer(process: try fixture.startEnqueue(batches[batch].ids), batch: batch))
  }

  private mutating func startWorker() {
    var options = ["--workers", "\(random.number(2...4))", "--max-losses", "0", "--quiet"]
    if random.happens(60) { options.append("--follow") }
    addWorker(options)
  }

  private mutating func addWorker(_ options: [String]) {
    let process = fixture.work(
      options, handler: [CommandProcess.products + "/ledger-handler", fixture.ledger])
    workers.append(Worker(process: process, hadQueue: batches.contains(where: \.isAcknowledged)))
  }

  /// What changes no item that the ledger knows of, but writes, reads and wakes all the same.
  private static let bystanders = [
    ["q-list", "--all", "--long"], ["q-list", "pending", "processing"], ["q-stats", "--errors"],
    ["q-stats", "--all", "--json"], ["q-show", "b0-1", "b1-1"], ["q-retry", "--all", "--quiet"],
    ["q-remove", "--quiet", "no-such-item"], ["q-pause", "--quiet", "--for", "30ms"],
    ["q-resume", "--quiet"], ["q-config", "max-losses=0"],
    ["q-wait", "--quiet", "--timeout", "50ms"],
    ["q-check", "--quiet"],
  ]

  private mutating func startBystander() {
    var command = Self.bystanders[random.number(0...Self.bystanders.count - 1)]
    command.insert(contentsOf: ["--store", fixture.store], at: 1)
    bystanders.append(CommandProcess(command, streams: .init(error: fixture.directory + "/asides")))
  }

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
    let all = workers.map(\.process) + enqueuers.map(\.process) + bystanders
    guard !all.isEmpty else { return }
    kill(all[random.number(0...all.count - 1)])
  }

  private mutating func kill(_ victim: CommandProcess) {
    victim.send(SIGKILL)
    kills += 1
    if victim.wait() == nil { violations.append("pid \(victim.pid) does not die") }
  }

  private mutating func stopAndContinue() {
    guard !workers.isEmpty else { return }
    let worker = workers[random.number(0...workers.count - 1)].process
    worker.send(SIGSTOP)
    usleep(random.moment(upTo: 100_000))
    worker.send(SIGCONT)
    stops += 1
  }

  /// Takes note of what ended: a batch is acknowledged when its q-enqueue said so, never before.
  /// Each process is asked once: one that ends meanwhile is the next call's.
  private mutating func reap() {
    enqueuers = enqueuers.filter { enqueuer in
      guard let exit = enqueuer.process.poll() else { return true }
      batches[enqueuer.batch].isBeingEnqueued = false
      switch exit {
      case .exited(0): batches[enqueuer.batch].isAcknowledged = true
      case .signalled(SIGKILL): break
      default: violations.append("q-enqueue: \(exit)")
      }
      return false
    }
    bystanders = bystanders.filter { process in
      guard let exit = process.poll() else { return true }
      switch exit {
      // No store, queue or item yet; a q-wait whose time is over.
      case .signalled(SIGKILL), .exited(0), .exited(66), .exited(124): break
      default: violations.append("a bystander: \(exit)")
      }
      return false
    }
    workers = workers.filter { worker in
      guard let exit = worker.process.poll() else { return true }
      switch exit {
      case .signalled(SIGKILL), .exited(0): break
      case .exited(66) where !worker.hadQueue: break
      default: violations.append("q-work: \(exit)")
      }
      return false
    }
  }

  /// What was acknowledged is there, and what was done stays done.
  private mutating func look() throws {
    let expected = acknowledged.count
    guard expected > 0 else { return }
    let counts = try fixture.stats()
    let (total, done) = (counts["total"] ?? 0, counts["done"] ?? 0)
    if total < expected { violations.append("\(expected) acknowledged, \(total) there") }
    if done < doneBefore { violations.append("\(doneBefore) were done, \(done) are") }
    doneBefore = done
  }

  /// Enqueues the rest and works until the queue is drained; nobody is killed any more.
  private mutating func drain() throws {
    while violations.count < 10 {
      for enqueuer in enqueuers where enqueuer.process.wait(within: 60) == nil {
        violations.append("pid \(enqueuer.process.pid), a q-enqueue, does not end")
        kill(enqueuer.process)
      }
      reap()
      guard batches.contains(where: { !$0.isAcknowledged }) else { break }
      try startEnqueuer()
    }
    for process in workers.map(\.process) + bystanders { kill(process) }
    reap()
    for _ in 1...2 { addWorker(["--workers", "4", "--max-losses", "0"]) }
    for worker in workers {
      if worker.process.wait(within: 180) == nil {
        violations.append("the queue is not drained: \((try? fixture.stats()) ?? [:])")
      }
    }
    reap()
    try look()
  }
}
