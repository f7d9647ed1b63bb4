package import QueueCore
package import System

/// What is known of a run that ended, for what records runs outside the store.
package struct RunFacts: Sendable {
  /// At least one.
  package var ids: [ItemID]
  /// Of the first.
  package var attempt: UInt32
  /// ``Assignment/ordinal``.
  package var ordinal: Int
  /// From 1.
  package var slot: Int
  package var exit: RunExit
  package var timedOut: Bool
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  /// Nanoseconds.
  package var duration: UInt64
  /// Bytes of standard output.
  package var outputLength: Int
  /// Of the first item.
  package var key: ItemKey
  package var command: [[UInt8]]
}

/// Records each run that ended, before its item is settled: what is settled is recorded.
package protocol RunRecorder: Sendable {
  /// Whether ``record(_:output:error:)`` needs all that was written, also where lines are handed on
  /// as they come.
  var needsOutput: Bool { get }
  /// Called by the slots' threads, many at a time. What it throws ends the worker's run, and the
  /// item goes back uncharged.
  func record(_ run: RunFacts, output: Spool, error: Spool) throws(SystemError)
  /// Makes all that was recorded durable; called by the ledger before a commit.
  func sync() throws(SystemError)
}
