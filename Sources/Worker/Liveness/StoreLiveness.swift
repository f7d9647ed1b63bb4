import Glibc
package import QueueCore
package import System

/// Sees, by the locks and records in a store's directory and by the processes of this machine,
/// whether workers and their runs live. Ends what is left of a dead worker's runs.
package final class StoreLiveness: LivenessObserver, Sendable {
  package let locks: LockFile
  package let process: ProcessIdentity
  package let directory: String
  /// What the store knows itself; asked by the thread that uses the store.
  nonisolated(unsafe) private let life: (WorkerRecord) -> WorkerLife
  /// How this process's worker stands.
  package let standing: @Sendable () -> Standing
  #if DEBUG
    private let hasty = HastyLook()
  #endif

  /// - Parameters:
  ///   - directory: the store's, absolute.
  ///   - locks: the path of its lock file.
  package convenience init(directory: String, locks path: String) throws(SystemError) {
    try self.init(RunsPlace(directory: directory, locks: path), { _ in .here }, { .sure })
  }

  /// Of a store, and by what it knows itself.
  package convenience init(of store: any PlacedStore) throws(SystemError) {
    try self.init(store.runs, { store.life(of: $0) }, store.standing)
  }

  private init(
    _ place: RunsPlace, _ life: @escaping (WorkerRecord) -> WorkerLife,
    _ standing: @escaping @Sendable () -> Standing
  ) throws(SystemError) {
    (directory, self.life, self.standing) = (place.directory, life, standing)
    let path = place.locks
    locks = try LockFile(path: path)
    process = try ProcessIdentity.current()
  }

  /// Whether what lies at the lock file's path is still the file that is locked.
  package var isGenuine: Bool { locks.identityAtPath() == locks.identity }

  /// Whether it is, or was, of this place: who is not has another machine's numbers.
  package func isHere(_ worker: WorkerRecord) -> Bool { life(worker) == .here }

  package func isAlive(_ worker: WorkerRecord) -> Bool {
    switch life(worker) {
    case .here: break
    case .elsewhere: return true
    case .gone: return false
    }
    #if DEBUG
      if Cure.workerFirst.isLeftOut { hasty.look(at: worker, locks, directory) }
    #endif
    // What cannot be probed is taken for alive: waiting loses nothing.
    return (try? locks.isWorkerAlive(worker.id.number)) ?? true
  }

  /// Of each claim's run: first its byte, then its group, then the environments: what each overlooks the
  /// next one sees. Whatever lives is killed, and is looked for again by the next recovery.
  package func observe(_ claims: [Token], of worker: WorkerRecord) -> [RunObservation] {
    guard !claims.isEmpty else { return [] }
    switch life(worker) {
    case .here: break
    case .elsewhere: return claims.map { _ in .ending }
    // What ran elsewhere has ended before its worker was taken for dead, and nobody can say whose fault it was.
    case .gone: return claims.map { _ in .ended(.excused) }
    }
    #if DEBUG
      if Cure.workerFirst.isLeftOut { return hasty.judge(claims, of: worker) }
    #endif
    let isThisBoot =
      worker.process.bootID == process.bootID
      && worker.process.pidNamespace == process.pidNamespace
    let file: RunFile?
    do throws(SystemError) {
      let numbers = Set(claims.map(\.number))
      file =
        isThisBoot
        ? try RunRecords.read(store: directory, worker: worker.id.number, claims: numbers) : nil
    } catch {
      // What they are is not known: anything may live.
      return claims.map { _ in .orphaned }
    }
    let carriers = claims.map { claim in
      guard let place = file?.claims[claim.number] else { return RunName(ofClaim: claim) }
      return RunName(number: place.run, incarnation: claim.incarnation)
    }
    let runs = Array(Set(carriers))
    let seen = Dictionary(
      uniqueKeysWithValues: zip(runs, observe(runs, file, isThisBoot: isThisBoot)))
    return zip(claims, carriers).map { claim, run in
      guard case .ended(let lost)? = seen[run] else { return seen[run] ?? .orphaned }
      guard let place = file?.claims[claim.number] else { return .ended(lost) }
      // What stands in a list was handed to a process, or is about to be.
      return .ended(lost == .charged && place.isStarted ? .charged : .excused)
    }
  }

  private func observe(
    _ runs: [RunName], _ file: RunFile?, isThisBoot: Bool
  ) -> [RunObservation] {
    let records = file?.records ?? []
    let owner = file?.owner ?? storeOwner
    let held = runs.map { (try? locks.isRunHeld($0.number)) ?? true }
    let suspects = runs.map { run in
      Suspect(
        token: run.number, tokenText: run.text,
        record: records.first { $0.token == run.number }, owner: owner)
    }
    guard let orphans = try? ProcessScan.orphans(of: suspects) else {
      return runs.map { _ in .ending }
    }
    let hidden = isThisBoot ? ProcessScan.lastHidden(of: owner) : nil
    var refused: Set<UInt64> = []
    var seen: Set<UInt64> = []
    for orphan in orphans {
      seen.insert(orphan.suspect.token)
      if ProcessScan.kill(orphan) == .refused { refused.insert(orphan.suspect.token) }
    }
    return zip(runs, held).map { run, isHeld in
      if refused.contains(run.number) { return .orphaned }
      if seen.contains(run.number) { return .ending }
      // Whoever holds the lock now has left the group and hides its environment.
      if isHeld, (try? locks.isRunHeld(run.number)) ?? true { return .orphaned }
      guard let record = records.first(where: { $0.token == run.number }) else {
        return .ended(Self.unrecorded(run, file))
      }
      // Its user has begun something since that may be of this run.
      if let hidden, hidden >= record.started / (1_000_000_000 / ProcessScan.ticksPerSecond) {
        return .orphaned
      }
      return .ended(file?.isEnding == false ? .charged : .excused)
    }
  }

  /// What is known of a run without a record. A slot writes over that of its last run, and runs begin in the
  /// order of their numbers: one that is later than all that are recorded has not begun.
  private static func unrecorded(_ run: RunName, _ file: RunFile?) -> LostRun {
    guard let file else { return .excused }
    return file.records.allSatisfy { $0.token < run.number } ? .unbegun : .excused
  }

  /// Who owns the store; nobody when that cannot be seen.
  private var storeOwner: UInt32 {
    (try? FileStatus(of: directory))?.owner ?? .max
  }
}

extension ProcessIdentity {
  /// This process.
  package static func current() throws(SystemError) -> ProcessIdentity {
    var files = ProcFiles()
    guard let own = files.stat(of: getpid()) else {
      throw SystemError("read", "/proc/self/stat", code: ENOENT)
    }
    return ProcessIdentity(
      pid: own.pid, startTicks: own.startTicks, bootID: try ProcFiles.bootID(),
      pidNamespace: try ProcFiles.pidNamespace())
  }
}
