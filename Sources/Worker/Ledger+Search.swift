import QueueCore
import System

extension Ledger {
  /// Has the first slots work.
  func startSlots() throws(StoreError) {
    if plan.findsSlots {
      let most = DescriptorLimit.raise(forSlots: WorkPlan.maximumSlots)
      search = SlotSearch(
        start: plan.defaultSlots, maximum: most, now: MonotonicTime.now())
    }
    try setSlots(search?.slots ?? current.slots)
  }

  /// Has as many slots work as the search says, where there is one.
  func searchSlots() throws(StoreError) {
    guard var search = self.search else { return }
    let before = search.settled
    let wanted = search.decide(now: MonotonicTime.now(), isFull: isFull)
    if let wanted {
      try setSlots(wanted)
      if slots < wanted { search.limit(to: slots, now: MonotonicTime.now()) }
    }
    self.search = search
    guard let settled = search.settled, settled != before else { return }
    report.settledSlots = settled
    gate.say(
      "q-work: \(settled) handler\(settled == 1 ? "" : "s") at once: more end no more items a second"
    )
  }

  /// Whether there is work for every slot, and nothing else that holds it back.
  private var isFull: Bool {
    guard ending == nil, current.rate == nil, trouble.since == nil, let summary else {
      return false
    }
    return summary.counts.pending > 0 && busy >= slots && claimed < plan.limit ?? .max
      && sharing.order?.count ?? 0 < OutputOrder.limit / 2
  }
}
