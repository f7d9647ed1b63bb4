import Glibc

/// What a recoverer looks for: the run of a dead worker.
package struct Suspect: Equatable, Sendable {
  package var token: UInt64
  /// The value of `Q_TOKEN` in the run's environment.
  package var tokenText: [UInt8]
  /// Its run record, if it got so far. Only of this boot and this PID namespace.
  package var record: RunRecord?
  /// Whose processes may be ended for it; root's word is good for everybody's.
  package var owner: UInt32

  package init(token: UInt64, tokenText: [UInt8], record: RunRecord?, owner: UInt32 = geteuid()) {
    (self.token, self.tokenText, self.record, self.owner) = (token, tokenText, record, owner)
  }
}

/// A live process that belongs to a suspected run.
package struct Orphan: Equatable, Sendable {
  package enum Evidence: Equatable, Sendable {
    /// In the recorded group, and the group is still the recorded one.
    case group
    /// `Q_TOKEN` in its environment.
    case environment
  }

  package var suspect: Suspect
  package var pid: Int32
  /// Boot-time ticks: with `pid` it names one process.
  package var startTicks: UInt64
  package var evidence: Evidence
}

/// What became of an orphan that was to be killed.
package enum OrphanKill: Equatable, Sendable {
  /// SIGKILL is sent; it goes soon, and a later scan shows that it went.
  case killed
  /// It had gone, or its number is another process's now.
  case gone
  /// EPERM, or another user's than the record's, or this very process: it blocks its item.
  case refused
}

/// Observes processes through `/proc`; the platform's half is in an extension.
package enum ProcessScan {}
