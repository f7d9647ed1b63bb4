import FoundationEssentials
import QueueCore

extension Timestamp {
  /// The moment by the system's wall clock. By Foundation: which module declares `timespec` in a static
  /// build depends on the order of the files.
  static var now: Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
