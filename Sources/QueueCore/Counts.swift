/// How many items of a queue are in each status.
public struct Counts: Hashable, Sendable {
  /// Items that wait to be claimed.
  public var pending: UInt64 = 0
  /// Items that wait for a moment.
  public var delayed: UInt64 = 0
  /// Items that are claimed.
  public var processing: UInt64 = 0
  /// Items that ended well.
  public var done: UInt64 = 0
  /// Items that ended for good without success.
  public var failed: UInt64 = 0
  /// Of the delayed, those enqueued with a delay.
  public var scheduled: UInt64 = 0
  /// Of the delayed, those that await batches.
  public var awaiting: UInt64 = 0
  /// Of the processing, those that nobody may end or run again.
  public var orphaned: UInt64 = 0
  /// Of the processing, those that a lease holds.
  public var leased: UInt64 = 0
  /// Items ever enqueued, duplicates not counted.
  public var enqueued: UInt64 = 0
  /// Items ever removed.
  public var removed: UInt64 = 0

  /// All zero.
  public init() {}

  /// The items that the queue has.
  public var total: UInt64 { pending &+ delayed &+ processing &+ done &+ failed }

  /// The items that have not ended.
  public var unfinished: UInt64 { pending &+ delayed &+ processing }

  /// The items that will be worked on as far as is known: not those that nobody may end, that a lease holds, that
  /// were enqueued for later, or that await batches.
  public var moving: UInt64 {
    let held = orphaned &+ leased &+ scheduled &+ awaiting
    // A count that is wrong is for the audit to find.
    return unfinished > held ? unfinished - held : 0
  }

  /// The items that have ended, well or not.
  public var ended: UInt64 { done &+ failed }

  /// Whether every item that was ever enqueued is accounted for.
  public var areConserved: Bool { enqueued == total &+ removed }

  /// The count of `status`.
  public subscript(status: Status) -> UInt64 {
    get {
      switch status {
      case .pending: pending
      case .delayed: delayed
      case .processing: processing
      case .done: done
      case .failed: failed
      }
    }
    set {
      switch status {
      case .pending: pending = newValue
      case .delayed: delayed = newValue
      case .processing: processing = newValue
      case .done: done = newValue
      case .failed: failed = newValue
      }
    }
  }

  /// Counts an item, or so many, that entered `state`.
  public mutating func add(_ state: ItemState, times: UInt64 = 1) {
    self[state.status] += times
    if case .delayed(let delay) = state {
      if delay.reason == .scheduled { scheduled += times }
      if delay.reason == .awaiting { awaiting += times }
    }
    guard case .processing(let hold) = state else { return }
    if hold.orphaned { orphaned += times }
    if hold.leaseEnd != nil { leased += times }
  }

  /// Counts an item that left `state`. A count that would fall below zero stays there: the audit
  /// shows the contradiction, a trap would hide the rest of the store.
  public mutating func subtract(_ state: ItemState) {
    Self.lower(&self[state.status])
    if case .delayed(let delay) = state {
      if delay.reason == .scheduled { Self.lower(&scheduled) }
      if delay.reason == .awaiting { Self.lower(&awaiting) }
    }
    guard case .processing(let hold) = state else { return }
    if hold.orphaned { Self.lower(&orphaned) }
    if hold.leaseEnd != nil { Self.lower(&leased) }
  }

  private static func lower(_ count: inout UInt64) { if count > 0 { count -= 1 } }
}
