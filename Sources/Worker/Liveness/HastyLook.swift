#if DEBUG
  import Glibc
  import QueueCore
  import Synchronization

  /// What recovery would be without ``Cure/workerFirst``: it looks at the runs' locks, and only then
  /// whether their worker lives. A handler that is started in between is overlooked.
  final class HastyLook: Sendable {
    private let held = Mutex<Set<UInt64>>([])

    /// Notes which runs of a worker hold their lock; lets time pass, as a busy machine would.
    func look(at worker: WorkerRecord, _ locks: LockFile, _ directory: String) {
      let runs = (try? RunRecords.read(store: directory, worker: worker.id.number)) ?? []
      let holding = runs.map(\.token).filter { (try? locks.isRunHeld($0)) ?? true }
      held.withLock { $0.formUnion(holding) }
      usleep(5_000)
    }

    /// By the early look alone.
    func judge(_ runs: [Token]) -> [RunObservation] {
      held.withLock { held in
        runs.map { held.remove($0.number) == nil ? .ended(started: true) : .ending }
      }
    }
  }
#endif
