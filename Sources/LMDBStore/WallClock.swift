public import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The moment by the system's clock, which whoever administers the machine may set.
public enum WallClock {
  /// The moment, to the microsecond.
  @Sendable public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
