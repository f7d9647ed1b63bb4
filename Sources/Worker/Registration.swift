import Glibc
import QueueCore

/// A worker's place in the store: registered, its lock held, its run records made. Ended by
/// ``end()``; a process that dies instead is recovered by others.
final class Registration<Store: QueueStore> {
  let worker: WorkerID
  let records: RunRecords
  let controls: ControlFiles
  private let store: Store
  private let directory: String

  /// Lock first, inside the transaction that makes the record: nobody ever sees one without the
  /// other.
  init(
    _ store: Store, _ liveness: StoreLiveness, directory: String, slots: Int
  ) throws(StoreError) {
    self.store = store
    self.directory = directory
    let record = try store.register(liveness.process, now: .now()) { id throws(StoreError) in
      guard liveness.isGenuine else {
        throw StoreError(
          .unusable, "cannot use \(directory): its file locks was replaced just now: try again")
      }
      do {
        try liveness.locks.holdWorker(id.number)
      } catch {
        throw StoreError(.inputOutput, "cannot register a worker: \(error)")
      }
    }
    worker = record.id
    do {
      records = try RunRecords(store: directory, worker: worker.number, slots: slots)
      controls = try ControlFiles(store: directory, worker: worker.number)
    } catch {
      let code: StoreError.Code =
        [EACCES, EPERM].contains(error.code) ? .permission : .inputOutput
      throw StoreError(code, "cannot register a worker: \(error)")
    }
  }

  /// Leaves the store: all claims must have been settled.
  func end() throws(StoreError) {
    try store.unregister(worker)
    ControlFiles.remove(store: directory, worker: worker.number)
    try? RunRecords.remove(store: directory, worker: worker.number)
  }
}
