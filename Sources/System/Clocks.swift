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

/// Nanoseconds on CLOCK_BOOTTIME, which goes on while the machine sleeps.
package enum BootTime {
  package static func now() -> UInt64 {
    let time = Glibc.timespec(of: CLOCK_BOOTTIME)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// The moment by the system's clock, which whoever administers the machine may set.
package enum WallTime {
  /// Microseconds since 1970.
  package static func now() -> Int64 {
    let time = Glibc.timespec(of: CLOCK_REALTIME)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  /// The first moment after `moment` at which a clock of the local time zone shows so many seconds since
  /// midnight, in microseconds since 1970.
  package static func next(secondOfDay seconds: Int, after moment: Int64) -> Int64 {
    var start = time_t(moment / 1_000_000)
    var local = tm()
    localtime_r(&start, &local)
    for day in Int32(0)...2 {
      var wanted = tm()
      (wanted.tm_year, wanted.tm_mon, wanted.tm_mday) =
        (local.tm_year, local.tm_mon, local.tm_mday + day)
      (wanted.tm_hour, wanted.tm_min, wanted.tm_sec) =
        (Int32(seconds / 3_600), Int32(seconds / 60 % 60), Int32(seconds % 60))
      // Whether summer time holds then, the zone knows.
      wanted.tm_isdst = -1
      let found = Int64(mktime(&wanted)) * 1_000_000
      if found > moment { return found }
    }
    return moment
  }
}

extension Glibc.timespec {
  fileprivate init(of clock: clockid_t) {
    self.init()
    clock_gettime(clock, &self)
  }
}
