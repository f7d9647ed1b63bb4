import Glibc

/// Nanoseconds on CLOCK_MONOTONIC: for durations and deadlines, never for dates.
package enum MonotonicTime {
  package static func now() -> UInt64 {
    let time = Glibc.timespec(of: CLOCK_MONOTONIC)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func timespec(_ nanoseconds: UInt64) -> Glibc.timespec {
    Glibc.timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}

/// The moment by the system's clock, which whoever administers the machine may set.
package enum WallTime {
  /// Microseconds since 1970.
  package static func now() -> Int64 {
    let time = Glibc.timespec(of: CLOCK_REALTIME)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}

extension Glibc.timespec {
  fileprivate init(of clock: clockid_t) {
    self.init()
    clock_gettime(clock, &self)
  }
}
