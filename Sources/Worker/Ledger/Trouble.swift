import QueueCore

/// What the store has refused of late, and when to try again.
struct Trouble {
  /// How long a store that takes no commits is tried again before the worker gives up.
  private static let patience: UInt64 = 60_000_000_000
  /// From one try to the next.
  private static let pause: UInt64 = 1_000_000_000

  /// Since when nothing could be committed.
  private var since: UInt64?
  /// When the next try is due.
  private(set) var retryAt: UInt64 = 0
  /// A turn failed: only one that does not shows that it is over. A look at the store may still work.
  private var isOfTurn = false
  /// A commit failed that may be in the store all the same.
  private(set) var isUnknown = false

  var isThere: Bool { since != nil }
  /// Only a turn, an empty one too, shows that the store works, and what became of the other.
  var asksForTurn: Bool { isOfTurn || isUnknown }

  /// Takes note of what the store refused; throws what does not pass. True when the trouble is new.
  mutating func bear(
    _ error: StoreError, ofTurn: Bool, now: UInt64, isHurried: Bool
  ) throws(StoreError) -> Bool {
    isOfTurn = isOfTurn || ofTurn
    guard [.commitUnknown, .inputOutput, .busy].contains(error.code) else { throw error }
    if error.code == .commitUnknown { isUnknown = true }
    let isNew = since == nil
    if let since {
      if now - since > Self.patience || isHurried { throw error }
    } else {
      since = now
    }
    retryAt = now + Self.pause
    return isNew
  }

  /// The store works. Whether there was any trouble.
  mutating func pass() -> Bool {
    defer { self = Trouble() }
    return isThere
  }
}
