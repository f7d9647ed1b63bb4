import QueueCore

/// What a worker goes by: what it was told itself, else what the queue is set to, else the defaults.
struct RunSettings: Equatable {
  let policy: RetryPolicy
  /// Nanoseconds a handler may take; nil: as long as it likes.
  let timeout: UInt64?
  let rate: Rate?
  /// Handlers at once.
  let slots: Int

  init(_ plan: WorkPlan, queue: QueueSettings) {
    let given = plan.given.filled(from: queue)
    policy = given.applied(to: RetryPolicy())
    timeout = given.timeout.map { UInt64(clamping: $0.wholeMicroseconds) &* 1_000 }
    rate = given.rate
    slots = given.workers.map(Int.init) ?? plan.defaultSlots
  }
}
