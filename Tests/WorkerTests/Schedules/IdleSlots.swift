import Glibc
import QueueCore
import QueueTestKit

@testable import Worker

/// Slots that start nothing: a run is a moment at which it ends, and how.
final class IdleSlots: Slots {
  private struct Run {
    var assignment: Assignment
    var started: Timestamp
    var endsAt: UInt64
    var end: Finished.End
    var control = Control()
    var obeys: Bool
    /// It was told to make room.
    var isEvicted = false
  }

  private(set) var count = 0
  /// What runs have told that they spent.
  private(set) var spent: Amounts = [:]
  let maximumEarly: Int
  private let world: IdleWorld
  private let plan: WorkPlan
  private var policy = RetryPolicy()
  private var ready: [Assignment] = []
  /// When a claim came that waits for a slot, by its token's number.
  private var since: [UInt64: UInt64] = [:]
  private var runs: [Run] = []
  private var finished: [Finished] = []
  private var revoked: Set<UInt64> = []
  private var later: Int32?
  private var isStopped = false
  private(set) var isClosed = false

  /// How each claim's run ended; none for one that no handler was started for.
  private(set) var ends: [UInt64: RunExit] = [:]
  /// Claims that are left as they are.
  private(set) var left: Set<UInt64> = []
  private(set) var taken: Set<UInt64> = []
  /// Claims whose run ended because the worker told it to.
  private(set) var told: Set<UInt64> = []
  /// Claims waited for a slot, or outputs for those before them.
  private(set) var (hasWaited, hasBeenEarly) = (false, false)

  // Outputs in the order of their claims.
  private var next = 1
  private var skipped: Set<Int> = []
  private var waitingOutputs: [Int: Finished] = [:]
  /// How many the ledger knows of.
  private var seenEarly = 0

  init(_ world: IdleWorld, _ plan: WorkPlan, maximumEarly: Int) {
    (self.world, self.plan, self.maximumEarly) = (world, plan, maximumEarly)
  }

  var waiting: Int { ready.count }
  var early: Int {
    seenEarly = waitingOutputs.count
    return seenEarly
  }
  var earlyClaims: Int { waitingOutputs.values.reduce(0) { $0 + $1.claims.count } }
  func places(forEach load: Int) -> Int { count * load }
  var nextRested: UInt64? { nil }
  /// Whether anything may be started.
  private var mayStart = true
  /// A run had to make room.
  private(set) var hasEvicted = false
  var running: Int { runs.count }
  var hasNews: Bool { !finished.isEmpty }
  /// When the next run ends.
  var nextEnd: UInt64? { runs.map(\.endsAt).min() }

  func start() throws(StoreError) {}
  func set(_ wanted: Int) throws(StoreError) { count = min(wanted, 8) }
  func follow(_ settings: RunSettings) { policy = settings.policy }

  func take(_ assignment: Assignment) {
    let token = assignment.claims[0].token.number
    // One that was taken back to look at it is handed over again.
    world.expect(!taken.contains(token), "token \(token) was started twice")
    ready.append(assignment)
    world.expect(since[token] != nil || seenEarly < maximumEarly, "too many outputs wait")
    since[token] = since[token] ?? world.now
    if world.random.happens(70) { step() }
  }

  func takeBack() -> [Assignment] {
    if world.random.happens(30) { step() }
    defer { ready = [] }
    return ready
  }

  func takeFinished() -> [Finished] {
    world.tick()
    hasWaited = hasWaited || !ready.isEmpty && runs.count >= count
    defer { finished = [] }
    return finished
  }

  func skip(_ ordinal: Int) {
    guard plan.output.order == .claims, ordinal >= next else { return }
    skipped.insert(ordinal)
    handOn()
  }

  private func handOn() {
    while true {
      if skipped.remove(next) == nil {
        guard let item = waitingOutputs.removeValue(forKey: next) else { break }
        finished.append(item)
      }
      next += 1
    }
    hasBeenEarly = hasBeenEarly || !waitingOutputs.isEmpty
  }

  func revoke(_ tokens: Set<UInt64>) {
    if world.random.happens(50) { step() }
    revoked.formUnion(tokens)
    for place in runs.indices where tokens.contains(runs[place].assignment.claims[0].token.number) {
      kill(place)
    }
  }

  func forget(_ tokens: [UInt64]) { revoked.subtract(tokens) }

  func signal(_ signal: Int32) {
    later = signal
    for place in runs.indices { send(signal, to: place) }
  }

  func allowStarts(_ isAllowed: Bool) { mayStart = isAllowed }

  func endYoungest() -> Bool {
    guard let last = runs.indices.last else { return false }
    let wasTold = runs[last].isEvicted
    (runs[last].isEvicted, hasEvicted) = (true, true)
    told.insert(runs[last].assignment.claims[0].token.number)
    send(wasTold ? SIGKILL : SIGTERM, to: last)
    return true
  }

  private func send(_ signal: Int32, to place: Int) {
    if signal == SIGKILL { return kill(place) }
    guard runs[place].obeys else { return }
    finish(place, .exited(world.random.happens(30) ? 0 : 143))
  }

  private func kill(_ place: Int) {
    finish(place, .signalled(9))
    if isStopped && world.random.happens(40) { runs[place].end = .remains }
  }

  private func finish(_ place: Int, _ exit: RunExit) {
    guard case .ended = runs[place].end else { return }
    runs[place].endsAt = min(
      runs[place].endsAt, world.now + UInt64(world.random.number(0...50_000_000)))
    runs[place].end = .ended(exit, timedOut: false)
    told.insert(runs[place].assignment.claims[0].token.number)
  }

  func whileStopped(_ body: () -> Void) { body() }
  func end() {}
  func note(lacksWork: Bool) {}
  func stop() { isStopped = true }

  func finish() {
    world.expect(ready.isEmpty, "claims wait for slots that have ended")
    while let end = nextEnd { world.pass(until: max(end, world.now)) }
    isClosed = true
  }

  // MARK: Runs

  /// Lets runs end whose moment has come, and free slots take claims.
  func step() {
    while let place = runs.firstIndex(where: { $0.endsAt <= world.now }) {
      end(runs.remove(at: place))
    }
    while !ready.isEmpty, mayStart, runs.count < count { begin(ready.removeFirst()) }
  }

  private func begin(_ assignment: Assignment) {
    let token = assignment.claims[0].token.number
    taken.insert(token)
    if isStopped || revoked.contains(token) { return report(assignment, .stopped, world.store.now) }
    let script = world.script()
    switch script.end {
    case .ended: break
    default: return report(assignment, script.end, world.store.now)
    }
    world.start(assignment.claims[0].id, token, since: since[token])
    var run = Run(
      assignment: assignment, started: world.store.now, endsAt: world.now + script.duration,
      end: script.end, obeys: script.obeys)
    (run.control.pause, run.control.rest) = (script.pause, script.rest)
    run.control.spent = script.spent
    runs.append(run)
    if let later { send(later, to: runs.count - 1) }
  }

  private func end(_ run: Run) {
    let token = run.assignment.claims[0].token.number
    // What is left of a run holds its id as long as the worker is registered.
    if case .remains = run.end {
      left.insert(token)
    } else {
      world.stop(run.assignment.claims[0].id, token)
      spent.add(run.control.spent)
    }
    if case .ended(let exit, _) = run.end { ends[token] = exit }
    report(run.assignment, run.end, run.started, run.control, isEvicted: run.isEvicted)
  }

  private func report(
    _ assignment: Assignment, _ end: Finished.End, _ started: Timestamp,
    _ control: Control = Control(), isEvicted: Bool = false
  ) {
    var item = Finished(assignment, policy, end)
    (item.startedAt, item.endedAt) = (started, world.store.now)
    item.duration = UInt64((item.endedAt - started).wholeMicroseconds) * 1_000
    (item.control, item.isEvicted) = (control, isEvicted)
    if plan.output.order == .claims, item.isLast(plan.exits) {
      waitingOutputs[item.ordinal] = item
      handOn()
    } else {
      skip(item.ordinal)
      finished.append(item)
    }
  }
}
