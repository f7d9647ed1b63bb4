package import Glibc

/// A mutex and a condition on the monotonic clock, at fixed addresses.
///
/// @unchecked Sendable: the two C objects are made in `init` and are meant to be shared.
package final class Monitor: @unchecked Sendable {
  @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  @inlinable package func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Inside `locked` only. Returns for no reason at times, as conditions do.
  package func wait() { pthread_cond_wait(condition, mutex) }

  /// Inside `locked` only. False once `deadline` (``MonotonicTime``) has passed.
  package func wait(until deadline: UInt64) -> Bool {
    var time = MonotonicTime.timespec(deadline)
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  package func wakeOne() { pthread_cond_signal(condition) }
  package func wakeAll() { pthread_cond_broadcast(condition) }
}

/// A value that several threads share.
///
/// Not `Synchronization.Mutex`: who has to wait for that one waits inside the standard library, which
/// the thread sanitizer does not see into, and what the lock orders is reported as a race.
///
/// @unchecked Sendable: `monitor` guards the value.
package final class Locked<Value>: @unchecked Sendable {
  @usableFromInline let monitor = Monitor()
  @usableFromInline var value: Value

  package init(_ value: sending Value) { self.value = value }

  @inlinable package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    monitor.locked { body(&value) }
  }

  /// What came of a try to take something from a value.
  package enum Attempt<Result> {
    case done(Result)
    /// Nothing yet: until somebody wakes those who wait, or until this moment (``MonotonicTime``).
    case waits(until: UInt64?)
  }

  /// Tries until something comes of it: again at each ``wakeAll()``, and when the moment has come that was
  /// named.
  package func wait<Result>(_ body: (inout Value) -> Attempt<Result>) -> Result {
    monitor.locked {
      while true {
        switch body(&value) {
        case .done(let result): return result
        case .waits(let moment?): _ = monitor.wait(until: moment)
        case .waits(nil): monitor.wait()
        }
      }
    }
  }

  /// Lets everybody who waits try again.
  package func wakeAll() { monitor.locked { monitor.wakeAll() } }
}
