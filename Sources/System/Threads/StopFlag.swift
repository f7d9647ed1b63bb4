/// Raised once, to end waits early.
package final class StopFlag: Sendable {
  private let raised = Locked(false)

  package init() {}

  package var isRaised: Bool { raised.withLock { $0 } }

  package func raise() {
    raised.withLock { $0 = true }
    raised.wakeAll()
  }

  /// Waits; true as soon as the flag is raised, false when the time has passed.
  package func wait(nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicTime.now() + nanoseconds
    return raised.wait { raised in
      raised || MonotonicTime.now() >= deadline ? .done(raised) : .waits(until: deadline)
    }
  }
}
