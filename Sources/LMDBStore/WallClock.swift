public import QueueCore
import System

/// The moment by the system's clock, which whoever administers the machine may set.
///
/// A module that imports FoundationEssentials cannot ask for it itself, in a static build: through that
/// the clang module SwiftOverlayShims is loaded before Glibc. It includes <time.h> as text, so `timespec`
/// is its own then, and members count only where it is imported. Which comes first depends on the files.
public enum WallClock {
  /// The moment, to the microsecond.
  @Sendable public static func now() -> Timestamp { Timestamp(microseconds: WallTime.now()) }
}
