import QueueCore

/// The worker's thread that owns every write: it drains what finished, settles it, claims for free
/// slots, commits once, and waits for whatever happens next.
///
/// Everything that happened during one commit shares the next one, so a slow disk slows no handler.
package final class Ledger {
  let store: any QueueStore
  let plan: WorkPlan
  let slots: any Slots
  let world: any Surroundings
  let onProgress: (WorkProgress) -> Void

  var report: WorkReport
  var claims: Claims
  var load: RunLoad
  var queue: QueueView
  var lookAhead: LookAhead
  var doubtful = DoubtfulEnds()
  var shutdown: Shutdown
  var trouble = Trouble()
  var safety = SafetyPoll()
  /// Keeps handlers from being started where the machine has too much to do.
  var gate: StartGate
  /// Finds the number of slots; nil where it is given.
  var search: SlotSearch?

  init(
    _ store: any QueueStore, _ plan: WorkPlan, _ queue: QueueView, slots: any Slots,
    _ world: any Surroundings, onProgress: @escaping (WorkProgress) -> Void
  ) {
    (self.store, self.plan, self.slots, self.world) = (store, plan, slots, world)
    (self.queue, self.onProgress) = (queue, onProgress)
    report = WorkReport(startedAt: store.now)
    claims = Claims(limit: plan.limit)
    load = RunLoad(plan, room: world.argumentRoom)
    lookAhead = LookAhead(now: world.now)
    shutdown = Shutdown(halt: plan.halt)
    gate = StartGate(plan.startLimits)
    slots.follow(queue.settings)
  }

  /// Claims that have, or wait for, a slot.
  var busy: Int { claims.outstanding - doubtful.count - slots.earlyClaims }

  /// How many items could be claimed and run now.
  var wanted: Int {
    // What has ended goes first: what a run carries stands in its slot's list only for so long.
    guard shutdown.reason == nil, !startsNothing, claims.ended.count <= Turn.maximumItems,
      claims.resultBytes <= Claims.mostEmitted.bytes, queue.canClaim(at: store.now)
    else { return 0 }
    // Under a rate a claim is a start.
    let ahead = queue.isRated ? 0 : lookAhead.count(now: world.now)
    let early = (slots.maximumEarly - slots.early) * load.count
    let places = slots.places(forEach: load.count)
    // Whole runs, as far as what is there makes them.
    let more = (ahead + load.count - 1) / load.count * load.count
    let wanted = min(places + more - busy, early, claims.room, Turn.maximumItems)
    return max(0, wanted)
  }

  /// Whether the machine has too much to do. Handlers that live on are fed all the same: what they have is
  /// free only when they have ended.
  var startsNothing: Bool {
    gate.isShut && (!plan.shape.isStream || slots.running == 0) || world.standing != .sure
  }

  /// Hands over what makes a run, and what no more comes for soon.
  func handOver(_ new: [Claim], isLast: Bool) {
    for run in load.fill(new, isLast: isLast) { slots.take(claims.assign(run)) }
  }

  /// Takes no more; what is claimed and not started goes back.
  func end(because reason: WorkReport.End) {
    shutdown.begin(because: reason)
    giveBack()
    slots.end()
  }

  /// Gives claims back that no slot has taken.
  func giveBack() {
    for assignment in slots.takeBack() { giveBack(assignment) }
    for claim in load.takeLoose() { release(claim) }
  }

  private func giveBack(_ assignment: Assignment) {
    slots.skip(assignment.ordinal)
    for claim in assignment.claims { release(claim) }
  }

  /// Gives a claim back unharmed, with the next commit.
  func release(_ claim: Claim, spent: Amounts = [:]) {
    claims.release(claim.token, id: claim.id, now: store.now, spent: spent)
  }

  /// Ends the runs of items that somebody removed: until they have ended their ids are held back.
  func endRevoked(_ tokens: [Token]) {
    guard !tokens.isEmpty else { return }
    let numbers = Set(tokens.map(\.number))
    claims.revoke(numbers)
    for waiting in slots.takeBack() {
      if waiting.claims.contains(where: { numbers.contains($0.token.number) }) {
        giveBack(waiting)
      } else {
        slots.take(waiting)
      }
    }
    // A slot may have taken one just now: its run ends as soon as it is there.
    slots.revoke(numbers)
  }

  /// Has another number of slots work; what was claimed for those that are too many goes back.
  func setSlots(_ wanted: Int) throws(StoreError) {
    try slots.set(wanted)
    if busy > slots.count { giveBack() }
  }

  /// Has another number of slots work, and says so.
  func changeSlots(_ wanted: Int) throws(StoreError) {
    try setSlots(wanted)
    world.say("q-work: \(slots.count) handler\(slots.count == 1 ? "" : "s") at once")
  }
}
