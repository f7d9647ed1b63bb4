import System

#if DEBUG
  import QueueCore

  /// What recovery would be without ``Cure/workerFirst``: it looks at the runs' locks, and only some
  /// time later whether their worker lives. A handler that is started in between is overlooked.
  final class HastyLook: Sendable {
    /// The runs that held their locks when their worker was last seen alive.
    private let held = Locked<[WorkerID: Set<UInt64>]>([:])

    func look(at worker: WorkerRecord, _ locks: LockFile, _ directory: String) {
      let runs =
        (try? RunRecords.read(store: directory, worker: worker.id.number))??.records ?? []
      let holding = runs.map(\.token).filter { (try? locks.isRunHeld($0)) ?? true }
      let isAlive = (try? locks.isWorkerAlive(worker.id.number)) ?? true
      held.withLock { held in
        if isAlive || held[worker.id] == nil { held[worker.id] = Set(holding) }
      }
    }

    /// By the early look alone, which is good for one answer.
    func judge(_ runs: [Token], of worker: WorkerRecord) -> [RunObservation] {
      let held = held.withLock { $0.removeValue(forKey: worker.id) } ?? []
      return runs.map { held.contains($0.number) ? .ending : .ended(.charged) }
    }
  }
#endif
