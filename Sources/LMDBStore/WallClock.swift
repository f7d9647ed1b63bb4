public import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The moment by the system's clock, which whoever administers the machine may set.
///
/// A module that imports FoundationEssentials cannot ask for it so, in a static build: through that the
/// clang module SwiftOverlayShims is loaded before Glibc. It includes <time.h> as text, so `timespec` is
/// its own then, and members count only where it is imported. Which comes first depends on the files.
public enum WallClock {
  /// The moment, to the microsecond.
  @Sendable public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
