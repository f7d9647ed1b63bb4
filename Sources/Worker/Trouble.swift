/// What the store has refused of late.
struct Trouble {
  /// Since when nothing could be committed.
  var since: UInt64?
  /// When the next try is due.
  var retryAt: UInt64 = 0
  /// A turn failed: only one that does not shows that it is over. A look at the store may still work.
  var isOfTurn = false
  /// A commit failed that may be in the store all the same.
  var isUnknown = false
}
