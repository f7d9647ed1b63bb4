import QueueCore

/// How far a queue's items are looked through that are done, for those that were kept long enough.
struct Trim: Equatable {
  /// What has been looked at in this round; 0: nothing.
  var rank: UInt64 = 0
  /// The first end met in this round of those that stay; the largest moment when there was none.
  var first = Timestamp(microseconds: .max)
  /// No round begins before.
  var from = Timestamp(microseconds: 0)
}
