/// A value that several threads share.
///
/// Not `Synchronization.Mutex`: who has to wait for that one waits inside the standard library, which
/// the thread sanitizer does not see into, and what the lock orders is reported as a race.
///
/// @unchecked Sendable: `monitor` guards the value.
final class Locked<Value>: @unchecked Sendable {
  private let monitor = Monitor()
  private var value: Value

  init(_ value: sending Value) { self.value = value }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    monitor.locked { body(&value) }
  }
}
