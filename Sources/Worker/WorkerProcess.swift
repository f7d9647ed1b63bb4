import CProcess
import Glibc
package import QueueCore
import System

/// The worker as a process of this machine, registered in its store.
final class WorkerProcess: Surroundings {
  private let store: any QueueStore
  private let plan: WorkPlan
  private let liveness: StoreLiveness
  private let gate: OutputGate
  private let registration: Registration
  private let signals: SignalListener
  private let wake: WakePipe
  private var watch: any QueueWatch
  private let peers = PeerWatch()

  init(
    _ store: any QueueStore, _ plan: WorkPlan, _ liveness: StoreLiveness, _ gate: OutputGate,
    _ registration: Registration, _ signals: SignalListener, _ wake: WakePipe,
    _ watch: any QueueWatch
  ) {
    (self.store, self.plan, self.liveness, self.gate) = (store, plan, liveness, gate)
    (self.registration, self.signals, self.wake) = (registration, signals, wake)
    self.watch = watch
  }

  var worker: WorkerID { registration.worker }
  var now: UInt64 { MonotonicTime.now() }
  var isWatching: Bool { watch.descriptor != nil }
  var argumentRoom: Int { plan.program.argumentRoom }
  var isGenuine: Bool { liveness.isGenuine }
  var standing: Standing { liveness.standing() }
  var hasDeadPeer: Bool { peers.peers.contains { !liveness.isAlive($0) } }

  func pause(for nanoseconds: UInt64) { usleep(UInt32(nanoseconds / 1_000)) }

  func wait(for nanoseconds: UInt64) -> News {
    let watched = peers.watched
    let waits = [wake.descriptor, watch.descriptor ?? -1] + watched
    var polls = waits.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&polls, nfds_t(polls.count), Int32((nanoseconds + 999_999) / 1_000_000))
    var news = News()
    if polls[0].revents != 0 { wake.drain() }
    if polls[1].revents != 0 {
      watch.drain()
      news.isOfQueue = true
    }
    for (place, descriptor) in watched.enumerated() where polls[place + 2].revents != 0 {
      peers.forget(descriptor)
      news.isOfPeer = true
    }
    return news
  }

  func next(secondOfDay seconds: Int) -> Timestamp {
    Timestamp(microseconds: WallTime.next(secondOfDay: seconds, after: WallTime.now()))
  }
  var machine: MachineState { MachineState.now() }
  func takeSignals() -> [Int32] { signals.take() }
  func stopProcess() { _ = kill(getpid(), SIGSTOP) }
  func releaseSignals() { signals.release() }
  func say(_ message: String) { gate.say(message) }

  func watchAnew() throws(StoreError) { watch = try store.watch(plan.queue) }

  func lookAtPeers() throws(StoreError) { update(try store.workers()) }

  func recover() throws(StoreError) -> Recovery {
    let recovery = try store.recover(observer: liveness, for: plan.queue, given: plan.given)
    let files = RunRecords.workers(store: liveness.directory)
    let workers = try store.workers()
    for left in files where !workers.contains(where: { $0.id.number == left }) {
      registration.removeFiles(of: WorkerID(left))
    }
    update(workers)
    return recovery
  }

  private func update(_ workers: [WorkerRecord]) {
    let others = workers.filter { $0.id != worker }
    peers.update(others, here: others.filter(liveness.isHere))
  }

  func markEnding() { registration.records.markEnding() }
  func signOff() throws(StoreError) { try registration.end() }
}

extension Ledger {
  /// Registers a worker and makes ready to run; nothing is claimed before ``run()``.
  package convenience init(
    _ store: any QueueStore, _ plan: WorkPlan, settings: SpawnSettings, liveness: StoreLiveness,
    gate: OutputGate, onProgress: @escaping (WorkProgress) -> Void
  ) throws(StoreError) {
    let watch = try store.watch(plan.queue)
    let queue = QueueView(plan, try store.summary(of: plan.queue), now: MonotonicTime.now())
    let (wake, signals): (WakePipe, SignalListener)
    do throws(SystemError) {
      wake = try WakePipe()
      signals = try SignalListener(wake: wake, settings: settings)
      try gate.start()
    } catch {
      throw .cannotStart(error)
    }
    // Last, since a worker that has registered and does not begin is one to be recovered.
    let registration = try Registration(
      store, liveness, slots: queue.settings.slots,
      given: plan.given, queue: plan.queue)
    let stop = StopFlag()
    let sharing = SlotSharing(
      ready: BlockingQueue(), finished: BlockingQueue(), wake: wake, settings: settings,
      live: LiveRuns(), stop: stop, gate: gate, liveness: liveness,
      records: registration.records, roster: SlotRoster(), limits: RunLimits(),
      controls: registration.controls, pools: Pools(plan.pools),
      order: plan.output.order == .claims ? OutputOrder(gate, plan.output, stop: stop) : nil)
    self.init(
      store, plan, queue, slots: SlotThreads(plan, sharing),
      WorkerProcess(store, plan, liveness, gate, registration, signals, wake, watch),
      onProgress: onProgress)
  }
}
