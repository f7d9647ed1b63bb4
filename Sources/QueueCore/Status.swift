/// Where an item stands. Every item is in exactly one status, always.
public enum Status: String, CaseIterable, Sendable, Hashable {
  /// Waiting to be claimed.
  case pending
  /// Waiting for a moment: a back-off, a deferral, or `--delay`.
  case delayed
  /// Claimed by a worker.
  case processing
  /// Ended well.
  case done
  /// Ended for good without success.
  case failed
}
