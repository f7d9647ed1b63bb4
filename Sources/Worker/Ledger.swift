package import QueueCore
import System

/// The worker's thread that owns every write: it drains what finished, settles it, claims for free
/// slots, commits once, and waits for whatever happens next.
///
/// Everything that happened during one commit shares the next one, so a slow disk slows no handler.
package final class Ledger {
  let store: any QueueStore
  let plan: WorkPlan
  let liveness: StoreLiveness
  let gate: OutputGate
  let registration: Registration
  var watch: any QueueWatch
  let signals: SignalListener
  let sharing: SlotSharing
  let peers = PeerWatch()
  let onProgress: (WorkProgress) -> Void

  var report: WorkReport
  /// What this worker holds, by token number: in a slot, ready for one, or ended and not settled.
  var held: [UInt64: Token] = [:]
  /// What ended and goes into the next commit.
  var ended: [Ended] = []
  /// The queue as of the last commit.
  var summary: QueueSummary? {
    didSet {
      guard let old = oldValue?.counts.ended, let new = summary?.counts.ended, new > old else {
        return
      }
      queueMeter.add(Int(clamping: new - old), now: MonotonicTime.now())
    }
  }
  /// The number of the queue that is watched.
  var watched: UInt32?
  /// There was a turn since the start, or since the queue was not there.
  var isFresh = false
  /// What the worker goes by at the moment.
  var current: RunSettings
  /// Handlers at once.
  var slots = 0
  /// Finds their number; nil where it is given.
  var search: SlotSearch?
  /// The slots' threads by their numbers, those that have ended among them.
  var threads: [Int: WorkerThread] = [:]
  /// The thread of ``OutputOrder/release(_:)``.
  var output: WorkerThread?
  /// Why no more is claimed; the run ends when what is held has ended.
  var ending: WorkReport.End?
  /// A second signal has come: whatever does not succeed goes back uncharged.
  var isKilling = false
  var hasSucceeded = false
  var claimed = 0
  /// The place of the newest claim among all of this worker's.
  var ordinal = 0
  /// What items came to, as far as ``HaltPolicy`` is concerned, before it is committed.
  var judged = HaltPolicy.Sample()
  /// When what does not end by itself is killed; ``MonotonicTime``.
  var killAt: UInt64 = .max
  /// Until when a handler wants the queue to rest; goes into the next commit.
  var pause: Timestamp?
  var lookAhead = LookAhead()
  /// When the last turn's commit ended; ``MonotonicTime``.
  var committedAt: UInt64 = 0
  /// When a handler ended last, or the worker began; ``MonotonicTime``.
  var endedAt = MonotonicTime.now()
  /// How fast this worker's items end.
  var meter: RateMeter
  /// How fast the queue's items end, in whatever worker.
  var queueMeter: RateMeter
  /// What ``QueueStore/revision`` was after this worker's last commit.
  var ownRevision: UInt64 = 0
  /// Runs whose end is not judged yet.
  var doubtful = DoubtfulEnds()
  /// What is pending cannot be claimed: its ids are those of removed items whose runs still live.
  var isHeldBack = false
  /// What dead workers left is about to end, though others may have found that they cannot end it.
  var endsRuns = false
  /// Numbers of claims that this worker does not settle: with any it stays registered, to be recovered.
  var left: Set<UInt64> = []
  var hasToldOfRate = false
  var trouble = Trouble()
  var safety = SafetyPoll()

  /// A claim that ended, on its way into the store.
  struct Ended {
    var settlement: Settlement
    var duration: UInt64?
    var id: ItemID
  }

  /// Registers a worker and makes ready to run; nothing is claimed before ``run()``.
  package init(
    _ store: any QueueStore, _ plan: WorkPlan, settings: SpawnSettings, liveness: StoreLiveness,
    gate: OutputGate, onProgress: @escaping (WorkProgress) -> Void
  ) throws(StoreError) {
    self.store = store
    self.plan = plan
    self.liveness = liveness
    self.gate = gate
    self.onProgress = onProgress
    report = WorkReport(startedAt: .now())
    meter = RateMeter(now: MonotonicTime.now())
    queueMeter = meter
    watch = try store.watch(plan.queue)
    summary = try store.summary(of: plan.queue)
    watched = summary?.number
    current = RunSettings(plan, queue: summary?.settings ?? QueueSettings())
    let wake: WakePipe
    do throws(SystemError) {
      wake = try WakePipe()
      signals = try SignalListener(wake: wake, settings: settings)
      try gate.start()
    } catch {
      throw .cannotStart(error)
    }
    // Last, since a worker that has registered and does not begin is one to be recovered.
    registration = try Registration(
      store, liveness, directory: plan.store, slots: current.slots, given: plan.given)
    let (live, stop) = (LiveRuns(), StopFlag())
    let order = plan.output.order == .claims ? OutputOrder(gate, plan.output, stop: stop) : nil
    sharing = SlotSharing(
      ready: BlockingQueue(), finished: BlockingQueue(), wake: wake, settings: settings,
      live: live, stop: stop, gate: gate, liveness: liveness,
      records: registration.records, roster: SlotRoster(), limits: RunLimits(),
      controls: registration.controls, order: order)
    sharing.limits.current = (current.timeout, current.policy)
  }

  /// Claims that are neither ended nor settled.
  var outstanding: Int { held.count - ended.count }
  /// Those of them that have, or wait for, a slot.
  var busy: Int { outstanding - doubtful.count - (sharing.order?.count ?? 0) }
}
