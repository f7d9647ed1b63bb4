package import QueueCore
import System

extension StoreLiveness {
  /// Ends what runs of a worker that is dead, by what is recorded in a directory alone: for whoever cannot ask the
  /// store which claims it had. Whether something still ran, or may have.
  package static func endRuns(
    of worker: WorkerID, in directory: String, incarnation: UInt64
  ) -> Bool {
    do throws(SystemError) {
      guard let file = try RunRecords.read(store: directory, worker: worker.number) else {
        return false
      }
      let texts = try names(of: Set(file.records.map(\.token)), incarnation)
      let suspects = file.records.map { record in
        Suspect(
          token: record.token, tokenText: texts[record.token] ?? [], record: record,
          owner: file.owner)
      }
      return try ProcessScan.orphans(of: suspects).reduce(false) { isLeft, orphan in
        ProcessScan.kill(orphan) == .killed || isLeft
      }
    } catch {
      // What cannot be seen may run.
      return true
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
