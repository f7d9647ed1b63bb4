/// How a handler's process ended.
package enum HandlerExit: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)
}

/// A run that came to an end.
package struct RunReport: Equatable, Sendable {
  package var exit: HandlerExit
  /// The timeout passed; `exit` is what the process ended with then.
  package var timedOut: Bool
  /// ``MonotonicTime``: before the spawn, and when the exit was seen.
  package var started, finished: UInt64
  /// Something that a killed handler had started still lives.
  package var leavesRemains = false
}
