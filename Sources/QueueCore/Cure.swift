#if DEBUG
  import Glibc
#endif

/// A measure against a race, known by name so that the storms can be seen to notice when it is
/// missing: `Q_WITHOUT=scan` in the environment leaves one out, in a debug build alone.
package enum Cure: String, CaseIterable, Sendable {
  /// One process at a time opens or closes a store's environment.
  case openingGuard = "guard"
  /// Recovery looks at a worker's lock first, then at its runs.
  case workerFirst = "order"
  /// Recovery looks for the run's token in the environments of all processes.
  case environmentScan = "scan"
  /// Only the current token settles a claim.
  case tokenCheck = "token"

  /// A worker that is not heard of, and its guard, end what others are about to take.
  case lostEnds = "lost"
  /// Whoever takes what a worker elsewhere has waits for the whole of its lease.
  case wholeLease = "lease"

  #if DEBUG
    private static let leftOut = getenv("Q_WITHOUT").flatMap {
      Cure(rawValue: String(cString: $0))
    }

    /// Whether this process goes without it.
    package var isLeftOut: Bool { Self.leftOut == self }
  #else
    /// Whether this process goes without it: never.
    @inlinable package var isLeftOut: Bool { false }
  #endif
}
