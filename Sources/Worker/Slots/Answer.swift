import QueueCore

/// What a handler that streams says of one item.
struct Answer: Equatable, Sendable {
  /// Judged as a process's exit status is.
  var status: UInt8
  /// Kept with the run; empty: nothing.
  var note: [UInt8] = []
  /// When to try again, with the status of a deferral; nil: as the policy says.
  var deferral: Duration?

  init(status: UInt8) { self.status = status }
}
