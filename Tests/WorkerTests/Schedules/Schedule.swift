import Glibc
import QueueCore
import QueueTestKit
import System

@testable import Worker

/// One run of a ledger among everything that may happen to it, chosen by a seed.
final class Schedule {
  let plan: WorkPlan
  let base: MemoryStore
  let store: FaultyStore
  let world: IdleWorld
  let slots: IdleSlots
  let ids: [ItemID]
  private var random: SeededRandom
  /// When the store fails; nanoseconds.
  private var failing: Range<UInt64> = 0..<0

  /// When nothing more is done to the queue, in seconds.
  private static let calm = 25.0

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    let clock = ManualClock()
    base = MemoryStore(incarnation: 7, clock: clock)
    store = FaultyStore(base, seed: seed)
    plan = Self.plan(&random)
    let isLong = random.happens(20)
    ids = (0..<(isLong ? 60 : random.number(1...25))).map { ItemID("item\($0)")! }
    let first = ids.prefix(isLong ? ids.count : random.number(0...ids.count))
    let groupLimit = random.happens(40) ? random.number(1...3) : nil
    if let groupLimit {
      try base.configure(plan.queue) { settings, _ in settings.groupLimit = UInt32(groupLimit) }
    }
    let batch = IdleWorld.batch(Array(first), isGrouped: groupLimit != nil)
    _ = try base.enqueue(batch, to: plan.queue, priority: 100, until: nil)
    let process = ProcessIdentity(pid: 2, startTicks: 1, bootID: "", pidNamespace: 1)
    let peer = random.happens(60) ? try Peer(base, plan.queue) : nil
    let worker = try base.register(process, given: plan.given) { _ in }.id
    world = IdleWorld(
      store, clock, plan, worker: worker, isWatching: random.happens(70), random: random)
    slots = IdleSlots(world, plan, maximumEarly: random.number(2...6))
    world.slots = slots
    world.groupLimit = groupLimit
    world.peer = peer
    try peer?.claim(random.number(0...4), world)
    let handlers = Handlers(&random)
    world.script = { [unowned self] in handlers.next(&world.random) }
    let slowest = random.number(0...20_000_000)
    store.pass = { [unowned self] in
      world.pass(until: world.now + UInt64(world.random.number(10_000...max(10_000, slowest))))
    }
    store.failure = { [unowned self] in failure }
    disturb()
    calmDown()
  }

  static let usd = UnitName(unchecked: "usd")

  private static func plan(_ random: inout SeededRandom) -> WorkPlan {
    var plan = WorkPlan(
      queue: QueueName("q")!, store: "/store", defaultSlots: random.number(1...6),
      program: Program(path: [], arguments: [], environment: []), template: HandlerTemplate([]))
    plan.findsSlots = random.happens(10)
    plan.given.maximumAttempts = UInt32(random.number(1...3))
    plan.given.backoff = .milliseconds(100)...(.milliseconds(random.number(100...3_000)))
    if random.happens(15) {
      plan.given.rate = Rate(count: UInt32(random.number(1...50)), per: .seconds(1))
    }
    if random.happens(20) { plan.output.order = .claims }
    if random.happens(20) {
      let when = random.happens(50) ? "now" : "soon"
      plan.halt = HaltPolicy("\(when),fail=\(random.number(1...5))")
    }
    if random.happens(20) { plan.limit = random.number(1...12) }
    if random.happens(30) {
      plan.reserve = [usd: Amount(millionths: UInt64(random.number(1...5)))]
    }
    if random.happens(20) { plan.startLimits = StartLimits(memory: 100) }
    plan.follows = random.happens(20)
    plan.waits = random.happens(85)
    plan.killAfter = 1_000_000_000
    return plan
  }

  func run() throws(StoreError) -> WorkReport {
    let queue = QueueView(plan, try base.summary(of: plan.queue), now: world.now)
    let ledger = Ledger(store, plan, queue, slots: slots, world, onProgress: { _ in })
    return try ledger.run()
  }

  // MARK: What the store does

  private var failure: FaultyStore.Failure? {
    if world.isRunningAway { return .gone }
    guard failing.contains(world.now) else { return nil }
    switch world.random.number(0...4) {
    case 0: return .busy
    case 1: return .inputOutput
    case 2: return .lostBefore
    case 3: return .lostAfter
    default: return nil
    }
  }

  // MARK: What others do

  private func disturb() {
    let length = Double(random.number(1...20))
    func moment() -> Double { Double(random.number(0...1_000)) / 1_000 * length }
    let count = random.happens(30) ? 0 : random.number(1...25)
    for _ in 0..<count { act(at: moment()) }
    if random.happens(25) {
      // Often while there is much to do.
      var time = random.happens(50) ? moment() : Double(random.number(20...500)) / 1_000
      for _ in 0..<random.number(1...4) {
        let signal = [SIGINT, SIGTERM, SIGHUP][random.number(0...2)]
        world.at(time) { $0.send(signal) }
        time += Double(random.number(0...1_000)) / 1_000
      }
    }
    if random.happens(25) {
      let began = UInt64(moment() * 1e9) + 1_000_000_000
      // Now and then for longer than the ledger has patience.
      let time = random.happens(15) ? random.number(50...90) : random.number(1...10)
      world.mayFail = true
      failing = began..<began + UInt64(time) * 1_000_000_000
    }
    if plan.startLimits.memory != nil {
      for _ in 0..<random.number(1...6) {
        let memory = UInt64([100, 99, 10][random.number(0...2)])
        world.at(moment()) { $0.freeMemory = memory }
      }
    }
    if let peer = world.peer {
      world.at(moment()) { peer.work($0) }
      if random.happens(70) { killPeer(at: moment()) }
    }
  }

  private func act(at moment: Double) {
    let (base, queue, store) = (base, plan.queue, store)
    let id = ids[random.number(0...ids.count - 1)]
    switch random.number(0...13) {
    case 0...2:
      // Removed from whoever has it, and soon there again.
      world.at(moment) { $0.remove(id) }
      world.at(moment + Double(random.number(0...500)) / 1_000) {
        let batch = IdleWorld.batch([id], isGrouped: $0.groupLimit != nil)
        _ = try? store.enqueue(batch, to: queue, priority: 100, until: nil)
      }
    case 3, 4:
      let batch = IdleWorld.batch(
        Array(ids.suffix(random.number(1...ids.count))), isGrouped: world.groupLimit != nil)
      let delay: Duration? = random.happens(20) ? .milliseconds(random.number(1...4_000)) : nil
      world.at(moment) { _ in
        _ = try? store.enqueue(
          batch, to: queue, priority: 100, until: delay.map { base.now + $0 })
      }
    case 5:
      let rest: QueueSettings.Pause? =
        random.happens(50)
        ? .indefinite : .until(base.now + .milliseconds(Int(moment * 1_000) + 700))
      set(at: moment) { $0.pause = rest }
    case 6: set(at: moment) { $0.pause = nil }
    case 7:
      let workers = UInt32(random.number(1...8))
      set(at: moment) { $0.workers = workers }
    case 8:
      let rate = Rate(count: UInt32(random.number(1...100)), per: .seconds(1))
      set(at: moment) { $0.rate = rate }
    case 9:
      world.at(moment) { _ in _ = try? base.move([id], in: queue, by: .retry) }
    case 10:
      let signal = random.happens(50) ? SIGUSR1 : SIGUSR2
      world.at(moment) { $0.send(signal) }
    case 11, 12:
      let limit = Amount(millionths: UInt64(random.number(0...60)))
      let rate = UnitRate(Amount(millionths: UInt64(random.number(1...40))), per: .seconds(1))
      let isRate = random.happens(40)
      set(at: moment) { settings in
        settings.change(Self.usd) { budget in
          if isRate { budget.rate = rate } else { budget.limit = limit }
        }
      }
    default: world.at(moment) { $0.send(SIGTSTP) }
    }
  }

  private func set(at moment: Double, _ change: @escaping (inout QueueSettings) -> Void) {
    world.at(moment) { $0.configure(change) }
  }

  private func killPeer(at moment: Double) {
    guard let peer = world.peer else { return }
    let gone = moment + Double(random.number(0...3_000)) / 1_000
    peer.leave(until: UInt64(gone * 1e9) + 1_000_000_000, isStubborn: random.happens(30))
    // In this order: both may be at one moment.
    world.at(moment) { $0.killPeer() }
    world.at(gone) { world in if peer.isDead { peer.endRuns(world) } }
  }

  /// In the end everything can end: what is paused goes on, and who follows is asked to end.
  private func calmDown() {
    set(at: Self.calm) { settings in
      (settings.pause, settings.rate, settings.budgets) = (nil, nil, [:])
    }
    world.at(Self.calm) { [unowned self] world in
      world.peer?.work(world)
      world.freeMemory = 100
      failing = failing.upperBound > world.now + 45_000_000_000 ? failing : 0..<0
    }
    let end = Self.calm + (plan.follows ? 1 : 100)
    for time in [end, end + 5, end + 10] { world.at(time) { $0.send(SIGTERM) } }
  }
}

/// What the handlers of one schedule are like.
struct Handlers {
  /// The longest run, in nanoseconds.
  private let longest: Double
  /// Of a hundred runs, those that do not succeed.
  private let failing: Int
  private let odd: Int

  init(_ random: inout SeededRandom) {
    longest = [2e6, 5e7, 5e8, 4e9][random.number(0...3)]
    failing = [0, 10, 40, 100][random.number(0...3)]
    odd = random.happens(20) ? 10 : 0
  }

  func next(_ random: inout SeededRandom) -> IdleWorld.Script {
    var script = IdleWorld.Script()
    script.duration = UInt64(exp(Double.random(in: log(1e5)...log(longest), using: &random)))
    script.obeys = random.happens(70)
    if random.happens(50) { script.spent = [Schedule.usd: Amount(millionths: 3)] }
    if random.happens(failing) { script.end = failure(&random) }
    if random.happens(odd) {
      switch random.number(0...9) {
      case 0: script.duration = 300_000_000_000
      case 1: script.pause = .milliseconds(random.number(1...2_000))
      case 2, 3: script.rest = .milliseconds(random.number(1...4_000))
      default: script.end = oddity(&random)
      }
    }
    return script
  }

  private func failure(_ random: inout SeededRandom) -> Finished.End {
    switch random.number(0...9) {
    case 0: .ended(.exited(100), timedOut: false)
    case 1: .ended(.exited(75), timedOut: false)
    case 2: .ended(.signalled(11), timedOut: false)
    case 3: .ended(.signalled(9), timedOut: true)
    case 4: .ended([.exited(143), .signalled(15)][random.number(0...1)], timedOut: false)
    default: .ended(.exited(1), timedOut: false)
    }
  }

  private func oddity(_ random: inout SeededRandom) -> Finished.End {
    switch random.number(0...9) {
    case 0: .ended(.exited(127), timedOut: false)
    case 1: .failedToStart(SpawnFailure(stage: .exec, code: ENOENT))
    case 2: .broken(SystemError("open", "locks", code: EIO))
    case 3: .outputLost(SystemError("write", "stdout", code: EPIPE))
    case 4...6: .failedToStart(SpawnFailure(stage: .exec, code: E2BIG))
    default: .unfit
    }
  }
}
