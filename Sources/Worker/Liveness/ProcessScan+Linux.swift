#if os(Linux)
  import CProcess
  import Glibc
  import QueueCore

  extension ProcessScan {
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
      var reader = ProcReader()
      var found: [Orphan] = []
      var members: [Int32: [ProcessStat]] = [:]
      var seen: Set<Int32> = []
      try reader.forEachProcess { (reader, pid) in
        // Kernel threads and other users' processes are empty or refused: one open, no more.
        if let text = reader.token(of: pid), let suspect = texts[text],
          let stat = reader.stat(of: pid), stat.isLive
        {
          seen.insert(pid)
          found.append(
            Orphan(
              suspect: suspect, pid: pid, startTicks: stat.startTicks, evidence: .environment))
        }
        if !groups.isEmpty {
          let group = getpgid(pid)
          if groups[group] != nil, let stat = reader.stat(of: pid), stat.group == group {
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
      let pidfd = qp_pidfd_open(orphan.pid)
      if pidfd < 0 { return pidfd == -ESRCH ? .gone : .refused }
      defer { close(pidfd) }
      // From here the number cannot change hands unnoticed: the pidfd is what gets the signal.
      var reader = ProcReader()
      guard let stat = reader.stat(of: orphan.pid), stat.isLive,
        stat.startTicks == orphan.startTicks
      else { return .gone }
      switch orphan.evidence {
      case .group:
        guard stat.group == orphan.suspect.record?.pid else { return .gone }
      case .environment:
        guard reader.token(of: orphan.pid) == orphan.suspect.tokenText else { return .gone }
      }
      // What stands in a store is no reason to end what another user runs.
      let owner = orphan.suspect.owner
      guard owner == 0 || reader.user(of: orphan.pid) == owner else { return .refused }
      switch qp_pidfd_signal(pidfd, SIGKILL) {
      case 0: return .killed
      case -ESRCH: return .gone
      default: return .refused
      }
    }

    /// When the last of a user's processes began that this process may not look into, in ticks since
    /// boot: what is theirs may be any run's. Nil when there is none; all ticks when they are hidden.
    static func lastHidden(of user: uid_t) -> UInt64? {
      if geteuid() == 0 || geteuid() == user { return nil }
      var reader = ProcReader()
      // Mounted so that other users' processes do not show.
      guard reader.stat(of: 1) != nil else { return .max }
      var last: UInt64?
      // Twice, as with ``orphans(of:)``.
      for _ in 1...2 {
        let isScanned: Void? = try? reader.forEachProcess { (reader, pid) in
          guard reader.user(of: pid) == user, reader.isHidden(pid),
            let stat = reader.stat(of: pid), stat.isLive
          else { return }
          last = max(last ?? 0, stat.startTicks)
        }
        if isScanned == nil { return .max }
      }
      return last
    }

    /// Whether a process other than a zombie is in the group.
    static func hasLiveMember(group: Int32) -> Bool {
      var reader = ProcReader()
      var found = false
      try? reader.forEachProcess { (reader, pid) in
        if !found, getpgid(pid) == group, let stat = reader.stat(of: pid) {
          found = stat.isLive && stat.group == group
        }
      }
      return found
    }

    static var ticksPerSecond: UInt64 { UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1)) }
  }
#endif
