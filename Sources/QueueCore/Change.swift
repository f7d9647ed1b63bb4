/// What an event does to an item, and all that follows from it. Engines do what it says, and decide
/// nothing themselves.
public struct Change: Hashable, Sendable {
  /// The state after; nil: the item is gone.
  public var after: ItemState?
  /// What else follows.
  public var effects = Effects()

  /// A change that nothing else follows from.
  public init(to after: ItemState?) { self.after = after }

  /// Whether it is the end of the item: done, or failed for good.
  public var isEnd: Bool { effects.counted == .done || effects.counted == .failed }
}

/// What follows from an event, beside the next state.
public struct Effects: Hashable, Sendable {
  /// What becomes of the output that is kept with the item.
  public var output = OutputChange.stays
  /// What the queue counts in the minute; nil: nothing.
  public var counted: Counted?
  /// Who is to be woken of those who wait for the queue.
  public var wake = Wake.nobody
  /// Whether the rate counts the claim that ended no longer.
  public var givesStartBack = false
  /// Whether a run goes on though its item is gone.
  public var revokes = false
  /// Whether the id of an item that goes stays known.
  public var keepsID = false
  /// What becomes of what the claim has reserved.
  public var reservation = ReservationChange.stays

  /// What becomes of a reservation.
  public enum ReservationChange: Hashable, Sendable {
    /// The claim is still there, or its run is.
    case stays
    /// It is not needed any more: what the run spent is known.
    case goes
    /// What the run spent is not known: it counts as spent.
    case isSpent
  }

  /// What becomes of kept output.
  public enum OutputChange: Hashable, Sendable {
    /// It is left as it is.
    case stays
    /// That of the run which ended takes its place, or nothing if the run left none.
    case replaced
    /// It goes.
    case goes
  }

  /// What a queue counts by the minute.
  public enum Counted: Hashable, Sendable {
    case enqueued, done, failed, retried
  }

  /// Who may go on after a change.
  public enum Wake: Hashable, Sendable {
    /// Nobody waited for this.
    case nobody
    /// Those who wait for something to claim, now or (with a moment) from then on, unless they know of
    /// something sooner.
    case claimers(Timestamp?)
    /// Those who wait for the end, when this was the last item that was worked on.
    case waiters
    /// Everybody.
    case all
  }
}

extension Counts {
  /// Counts so many items that were not there.
  public mutating func enqueue(_ state: ItemState, times: UInt64) {
    enqueued += times
    add(state, times: times)
  }

  /// Counts an item that has gone from one state to another; nil: away.
  public mutating func move(_ before: ItemState, to after: ItemState?) {
    subtract(before)
    if let after { add(after) } else { removed += 1 }
  }
}

extension MinuteCounts {
  /// Counts a change, of so many items.
  public mutating func count(_ counted: Effects.Counted, at now: Timestamp, times: UInt64 = 1) {
    switch counted {
    case .enqueued: enqueued += times
    case .done: done += times
    case .failed: failed += times
    case .retried: retried += times
    }
    if counted != .enqueued { firstEnd = min(firstEnd ?? now, now) }
  }
}
