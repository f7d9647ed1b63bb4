/// Raised once, to end waits early.
///
/// @unchecked Sendable: `monitor` guards `raised`.
package final class StopFlag: @unchecked Sendable {
  private let monitor = Monitor()
  private var raised = false

  package init() {}

  package var isRaised: Bool { monitor.locked { raised } }

  package func raise() {
    monitor.locked {
      raised = true
      monitor.wakeAll()
    }
  }

  /// Waits; true as soon as the flag is raised, false when the time has passed.
  package func wait(nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicTime.now() + nanoseconds
    return monitor.locked {
      while !raised, monitor.wait(until: deadline) {}
      return raised
    }
  }
}
