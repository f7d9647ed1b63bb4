import Glibc
import QueueCore
import QueueTestKit
import System

@testable import Worker

/// The surroundings of a ledger in which nothing happens but what a schedule says, and time passes
/// only while the ledger waits or the store works.
final class IdleWorld: Surroundings {
  let store: FaultyStore
  private let queueName: QueueName
  let worker: WorkerID
  var random: SeededRandom
  private(set) var now: UInt64 = 1_000_000_000
  private(set) var isWatching: Bool
  /// What a handler does that starts now.
  var script: () -> Script = { Script() }
  weak var slots: IdleSlots?
  /// The store fails now and then.
  var mayFail = false
  private var wasStopped = false
  /// Whether the ledger has had no reason to learn late of anything.
  var isPrompt: Bool { !mayFail && !wasStopped }
  var peer: Peer?
  func next(secondOfDay seconds: Int) -> Timestamp { Timestamp(microseconds: 0) }
  /// What is free of the machine's memory; the plan wants 100.
  var freeMemory: UInt64 = 100
  var machine: MachineState { MachineState(freeMemory: freeMemory, load: nil) }

  private let plan: WorkPlan
  private let clock: ManualClock
  private let epoch: Timestamp
  private var events: [(at: UInt64, act: (IdleWorld) -> Void)] = []
  private var signals: [Int32] = []
  private var seen: UInt64 = 0
  private var knowsPeer = false
  private var hasNewsOfPeer = false
  private var loops = 0
  /// Which run of an id lives, whosever it is.
  private var live: [ItemID: UInt64] = [:]
  /// How many of a group may live at once; nil: there are no groups.
  var groupLimit: Int?
  /// There were as many.
  private(set) var hasBeenFull = false
  private(set) var faults: [String] = []
  private(set) var sent: [Int32] = []
  /// When somebody took the item of this worker's claim away, by the token's number.
  private var revokedAt: [UInt64: UInt64] = [:]
  /// Since when the queue is paused.
  private var pausedAt: UInt64?
  /// The turn of the loop in which the worker was asked to end.
  private var endingLoop: Int?
  /// With the moment, in seconds.
  private(set) var said: [String] = []

  /// More turns of the loop than any schedule needs.
  private static let mostLoops = 20_000

  struct Script {
    var end = Finished.End.ended(.exited(0), timedOut: false)
    var duration: UInt64 = 1_000_000
    var pause: Duration?
    var rest: Duration?
    var spent: Amounts = [:]
    /// It ends when it is told to.
    var obeys = true
  }

  init(
    _ store: FaultyStore, _ clock: ManualClock, _ plan: WorkPlan, worker: WorkerID,
    isWatching: Bool, random: SeededRandom
  ) {
    (self.store, self.clock, self.plan, self.worker) = (store, clock, plan, worker)
    (self.isWatching, self.random) = (isWatching, random)
    queueName = plan.queue
    epoch = clock.now
  }

  func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
    if !condition { faults.append(fault()) }
  }

  func at(_ seconds: Double, _ act: @escaping (IdleWorld) -> Void) {
    let moment = 1_000_000_000 + UInt64(seconds * 1e9)
    let place = events.firstIndex { $0.at > moment } ?? events.endIndex
    events.insert((moment, act), at: place)
  }

  func send(_ signal: Int32) {
    signals.append(signal)
    if ![SIGUSR1, SIGUSR2, SIGTSTP].contains(signal) { sent.append(signal) }
  }

  /// Whether the loop does not come to its end.
  var isRunningAway: Bool { loops > Self.mostLoops }
  var argumentRoom: Int { 1 << 20 }
  var standing: Standing { .sure }
  var isGenuine: Bool { !isRunningAway }

  // MARK: Time

  private func set(_ moment: UInt64) {
    now = max(now, moment)
    clock.now = epoch + .microseconds(Int64((now - 1_000_000_000) / 1_000))
  }

  /// Lets everything happen that happens until then.
  func pass(until moment: UInt64) {
    while true {
      let next = min(events.first?.at ?? .max, slots?.nextEnd ?? .max)
      guard next <= moment else { break }
      set(next)
      while let event = events.first, event.at <= now {
        events.removeFirst()
        event.act(self)
      }
      slots?.step()
    }
    set(moment)
    slots?.step()
  }

  /// Lets a moment pass, or none.
  func tick() { pass(until: now + UInt64(random.number(0...100_000))) }

  func pause(for nanoseconds: UInt64) { pass(until: now + nanoseconds) }

  func wait(for nanoseconds: UInt64) -> News {
    let deadline = now.addingReportingOverflow(nanoseconds).partialValue
    slots?.step()
    while !hasNews, now < deadline {
      pass(until: min(deadline, max(now, min(events.first?.at ?? .max, slots?.nextEnd ?? .max))))
    }
    defer { (seen, hasNewsOfPeer) = (store.revision, false) }
    return News(isOfQueue: isWatching && store.revision != seen, isOfPeer: hasNewsOfPeer)
  }

  private var hasNews: Bool {
    (slots?.hasNews ?? false) || !signals.isEmpty || hasNewsOfPeer
      || isWatching && store.revision != seen
  }

  // MARK: Signals, and what is said

  func takeSignals() -> [Int32] {
    loops += 1
    defer { signals = [] }
    return signals
  }

  func stopProcess() {
    wasStopped = true
    pause(for: 3_000_000_000)
  }
  func releaseSignals() {}
  func say(_ message: String) { said.append("\(Double(now - 1_000_000_000) / 1e9) \(message)") }
  func markEnding() { endingLoop = loops }
  var isMarkedEnding: Bool { endingLoop != nil }
  func signOff() throws(StoreError) { try store.unregister(worker) }

  // MARK: Other workers

  func watchAnew() throws(StoreError) {}

  func lookAtPeers() throws(StoreError) {
    let workers = try store.workers()
    knowsPeer = peer.map { peer in workers.contains { $0.id == peer.worker } } ?? false
  }

  var hasDeadPeer: Bool { knowsPeer && peer?.isDead ?? false }

  func killPeer() {
    guard let peer, !peer.isDead else { return }
    peer.die()
    // Of a process of another machine's, or of another name space, there is no such news.
    if knowsPeer && random.happens(50) { hasNewsOfPeer = true }
  }

  func recover() throws(StoreError) -> Recovery {
    let recovery = try store.recover(
      observer: ScriptedObserver(
        isDead: { [peer] in $0 == peer?.worker && peer?.isDead ?? false },
        seen: { [peer, now] in peer?.observe($0, now: now) ?? .ended(.unbegun) }),
      for: plan.queue, given: plan.given)
    try lookAtPeers()
    return recovery
  }

  // MARK: Runs that live

  /// How late a ledger may be to learn of something, whose process was not stopped: a poll and a few
  /// commits.
  private static let lateness: UInt64 = 2_000_000_000

  private func isLate(since moment: UInt64?) -> Bool {
    moment.map { now > $0 + Self.lateness && isPrompt } ?? false
  }

  /// A handler of this worker starts, whose claim has waited for a slot.
  func start(_ id: ItemID, _ token: UInt64, since moment: UInt64?) {
    expect(!isLate(since: moment), "a claim waits where another worker might run it")
    expect(endingLoop.map { $0 == loops } ?? true, "a run begins though the worker is to end")
    expect(!isLate(since: pausedAt), "a run begins though the queue is paused")
    begin(id, token)
  }

  /// A handler of this worker has ended.
  func stop(_ id: ItemID, _ token: UInt64) {
    expect(!isLate(since: revokedAt[token]), "the run of a removed item goes on")
    end(id)
  }

  func begin(_ id: ItemID, _ token: UInt64) {
    if let other = live[id] { faults.append("\(id): runs of \(other) and \(token) live at once") }
    live[id] = token
    guard let groupLimit else { return }
    let group = Self.group(of: id)
    let others = live.keys.count { Self.group(of: $0) == group }
    expect(others <= groupLimit, "\(others) of a group live, of \(groupLimit)")
    hasBeenFull = hasBeenFull || others == groupLimit
  }

  /// Items are in three groups, by their names.
  static func batch(_ ids: [ItemID], isGrouped: Bool) -> ItemBatch {
    guard isGrouped else { return ItemBatch(ids) }
    var batch = ItemBatch()
    for id in ids { batch.append(id: id.bytes, payload: nil, group: group(of: id)) }
    return batch
  }

  private static func group(of id: ItemID) -> GroupName {
    GroupName(unchecked: [(id.bytes.last ?? 0) % 3 + 0x61])
  }

  func end(_ id: ItemID) { live[id] = nil }

  // MARK: What others do

  func remove(_ id: ItemID) {
    _ = try? store.base.move([id], in: queueName, by: .remove(force: true))
    for token in (try? store.base.revoked(of: worker)) ?? [] where revokedAt[token.number] == nil {
      revokedAt[token.number] = now
    }
  }

  func configure(_ change: (inout QueueSettings) -> Void) {
    try? store.base.configure(queueName) { settings, _ in change(&settings) }
    let isPaused = (try? store.base.summary(of: queueName))??.settings.pause == .indefinite
    pausedAt = isPaused ? pausedAt ?? now : nil
  }
}
