import Glibc

/// A mutex and a condition on the monotonic clock, at fixed addresses.
///
/// @unchecked Sendable: the two C objects are made in `init` and are meant to be shared.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
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

  func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Inside `locked` only. Returns for no reason at times, as conditions do.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Inside `locked` only. False once `deadline` (``MonotonicTime``) has passed.
  func wait(until deadline: UInt64) -> Bool {
    var time = MonotonicTime.timespec(deadline)
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  func wakeOne() { pthread_cond_signal(condition) }
  func wakeAll() { pthread_cond_broadcast(condition) }
}
