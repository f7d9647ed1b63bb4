public import QueueCore
import Synchronization

/// A store's clock that a test sets.
public final class ManualClock: Sendable {
  private let moment = Mutex(Timestamp(microseconds: 1_700_000_000_000_000))

  public init() {}

  public var now: Timestamp {
    get { moment.withLock { $0 } }
    set { moment.withLock { $0 = newValue } }
  }
}
