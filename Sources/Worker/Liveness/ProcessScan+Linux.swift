import CProcess
import Glibc
package import QueueCore
package import System

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

/// Observes processes through `/proc`.
package enum ProcessScan {
  /// The live processes of `suspects`.
  ///
  /// A pass over `/proc` is no snapshot: a process that ends during it may have started another one in
  /// a place that was passed already. So where nothing is found a second pass looks again.
  package static func orphans(of suspects: [Suspect]) throws(SystemError) -> [Orphan] {
    let found = try pass(suspects)
    return found.isEmpty ? try pass(suspects) : found
  }

  /// The live processes of `suspects`, from one pass over `/proc`.
  ///
  /// A recorded group counts while its leader, dead or alive, is the process that wrote the
  /// record; without a leader while its members are in the recorded session and began after it.
  private static func pass(_ suspects: [Suspect]) throws(SystemError) -> [Orphan] {
    if suspects.isEmpty { return [] }
    var groups: [Int32: [Suspect]] = [:]
    var texts: [[UInt8]: Suspect] = [:]
    for suspect in suspects {
      if !Cure.environmentScan.isLeftOut { texts[suspect.tokenText] = suspect }
      if let record = suspect.record { groups[record.pid, default: []].append(suspect) }
    }
    var files = ProcFiles()
    var found: [Orphan] = []
    var members: [Int32: [ProcessStat]] = [:]
    var seen: Set<Int32> = []
    try files.forEachProcess { (files, pid) in
      // Kernel threads and other users' processes are empty or refused: one open, no more.
      if let text = files.variable(tokenPrefix, of: pid), let suspect = texts[text],
        let stat = files.stat(of: pid), stat.isLive
      {
        seen.insert(pid)
        found.append(
          Orphan(
            suspect: suspect, pid: pid, startTicks: stat.startTicks, evidence: .environment))
      }
      if !groups.isEmpty {
        let group = getpgid(pid)
        if groups[group] != nil, let stat = files.stat(of: pid), stat.group == group {
          members[group, default: []].append(stat)
        }
      }
    }
    for (group, stats) in members {
      for suspect in groups[group] ?? [] {
        guard let record = suspect.record, isGroup(stats, of: record) else { continue }
        for stat in stats where stat.isLive && seen.insert(stat.pid).inserted {
          found.append(
            Orphan(
              suspect: suspect, pid: stat.pid, startTicks: stat.startTicks, evidence: .group))
        }
      }
    }
    return found
  }

  /// Whether the processes that have the recorded group's number are that group.
  static func isGroup(_ members: [ProcessStat], of record: RunRecord) -> Bool {
    let perSecond = ticksPerSecond
    if let leader = members.first(where: { $0.pid == record.pid }) {
      return leader.isLeader(of: record, ticksPerSecond: perSecond)
    }
    let least = record.started / (1_000_000_000 / perSecond)
    return members.allSatisfy { $0.session == record.session && $0.startTicks >= least }
  }

  /// Sends SIGKILL through a pidfd, if the evidence still holds for that very process.
  package static func kill(_ orphan: Orphan) -> OrphanKill {
    if orphan.pid == getpid() { return .refused }
    let opened = qp_pidfd_open(orphan.pid)
    if opened < 0 { return opened == -ESRCH ? .gone : .refused }
    let pidfd = FileDescriptor(owning: opened)
    // From here the number cannot change hands unnoticed: the pidfd is what gets the signal.
    var files = ProcFiles()
    guard let stat = files.stat(of: orphan.pid), stat.isLive,
      stat.startTicks == orphan.startTicks
    else { return .gone }
    switch orphan.evidence {
    case .group:
      guard stat.group == orphan.suspect.record?.pid else { return .gone }
    case .environment:
      guard files.variable(tokenPrefix, of: orphan.pid) == orphan.suspect.tokenText else {
        return .gone
      }
    }
    // What stands in a store is no reason to end what another user runs.
    let owner = orphan.suspect.owner
    guard owner == 0 || files.user(of: orphan.pid) == owner else { return .refused }
    switch qp_pidfd_signal(pidfd.number, SIGKILL) {
    case 0: return .killed
    case -ESRCH: return .gone
    default: return .refused
    }
  }

  /// When the last of a user's processes began that this process may not look into, in ticks since
  /// boot: what is theirs may be any run's. Nil when there is none; all ticks when they are hidden.
  static func lastHidden(of user: UInt32) -> UInt64? {
    if geteuid() == 0 || geteuid() == user { return nil }
    var files = ProcFiles()
    // Mounted so that other users' processes do not show.
    guard files.stat(of: 1) != nil else { return .max }
    var last: UInt64?
    // Twice, as with ``orphans(of:)``.
    for _ in 1...2 {
      let isScanned: Void? = try? files.forEachProcess { (files, pid) in
        guard files.user(of: pid) == user, files.isHidden(pid),
          let stat = files.stat(of: pid), stat.isLive
        else { return }
        last = max(last ?? 0, stat.startTicks)
      }
      if isScanned == nil { return .max }
    }
    return last
  }

  /// Whether a process other than a zombie is in the group.
  static func hasLiveMember(group: Int32) -> Bool {
    var files = ProcFiles()
    var found = false
    try? files.forEachProcess { (files, pid) in
      if !found, getpgid(pid) == group, let stat = files.stat(of: pid) {
        found = stat.isLive && stat.group == group
      }
    }
    return found
  }

  static var ticksPerSecond: UInt64 { UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1)) }

  /// What a run's token stands behind in its environment.
  static let tokenPrefix = Array("Q_TOKEN=".utf8)
}

extension ProcessStat {
  /// Whether this process can be the leader that wrote `record`: it began before the record was
  /// written, to the tick. A later owner of the same number did not.
  fileprivate func isLeader(of record: RunRecord, ticksPerSecond: UInt64) -> Bool {
    let tick = 1_000_000_000 / ticksPerSecond
    return pid == record.pid && group == record.pid
      && startTicks <= (record.started + tick - 1) / tick
  }
}

/// What runs for a claim, for people who want to look at it.
package enum HandlerProcesses {
  /// The processes that carry the claim's token in their environment, or are in its handler's
  /// recorded group; empty when none can be seen.
  package static func of(_ token: Token, worker: WorkerID, store: String) -> [Int32] {
    let read = try? RunRecords.read(
      store: store, worker: worker.number, claims: [token.number])
    let file = read ?? nil
    let place = file?.claims[token.number]
    let run =
      place.map { RunName(number: $0.run, incarnation: token.incarnation) }
      ?? RunName(ofClaim: token)
    let suspect = Suspect(
      token: run.number, tokenText: run.text,
      record: file?.records.first { $0.token == run.number })
    return ((try? ProcessScan.orphans(of: [suspect])) ?? []).map(\.pid).sorted()
  }
}
