package import QueueCore
import System

extension StoreLiveness {
  /// Ends what runs of a worker that is dead, by what is recorded in a directory alone: for whoever cannot ask the
  /// store which claims it had. Whether something still ran.
  package static func endRuns(
    of worker: WorkerID, in directory: String, incarnation: UInt64
  ) -> Bool {
    guard let file = try? RunRecords.read(store: directory, worker: worker.number) else {
      return false
    }
    guard let texts = try? names(of: Set(file.records.map(\.token)), incarnation) else {
      return true
    }
    let suspects = file.records.map { record in
      Suspect(
        token: record.token, tokenText: texts[record.token] ?? [], record: record,
        owner: file.owner)
    }
    guard let orphans = try? ProcessScan.orphans(of: suspects) else { return true }
    return orphans.reduce(false) { isLeft, orphan in
      ProcessScan.kill(orphan) == .killed || isLeft
    }
  }

  /// How these runs are named in the environments of what they have started.
  private static func names(
    of runs: Set<UInt64>, _ incarnation: UInt64
  ) throws(SystemError) -> [UInt64: [UInt8]] {
    var found: [UInt64: [UInt8]] = [:]
    var scan = ProcFiles()
    try scan.forEachProcess { (files, pid) in
      guard let text = files.variable(ProcessScan.tokenPrefix, of: pid),
        let run = RunName(text: text, incarnation: incarnation), runs.contains(run.number)
      else { return }
      found[run.number] = text
    }
    return found
  }
}
