import Glibc
import QueueCore
import System

/// A worker's place in the store: registered, its lock held, its run records made. Ended by
/// ``end()``; a process that dies instead is recovered by others.
final class Registration {
  let worker: WorkerID
  let records: RunRecords
  let controls: ControlFiles
  private let store: any QueueStore
  private let directory: String
  private let locks: LockFile

  /// Lock first, inside the transaction that makes the record: nobody ever sees one without the
  /// other.
  /// What the worker needs beside it is made there too: who cannot have that is not registered.
  init(
    _ store: any QueueStore, _ liveness: StoreLiveness, slots: Int,
    given: QueueSettings, queue: QueueName
  ) throws(StoreError) {
    self.store = store
    let directory = liveness.directory
    self.directory = directory
    locks = liveness.locks
    var made: (records: RunRecords, controls: ControlFiles)?
    let record = try store.register(liveness.process, given: given, of: queue) {
      id throws(StoreError) in
      guard liveness.isGenuine else {
        throw StoreError(
          .unusable, "cannot use \(directory): its file locks was replaced just now: try again")
      }
      do throws(SystemError) {
        try Self.hold(id, liveness.locks)
        // What is there under a name that was never given is of a transaction that did not commit.
        Self.removeFiles(directory, id)
        made = (
          try RunRecords(store: directory, worker: id.number, slots: slots),
          try ControlFiles(store: directory, worker: id.number)
        )
      } catch {
        Self.removeFiles(directory, id)
        let code: StoreError.Code =
          [EACCES, EPERM].contains(error.code) ? .permission : .inputOutput
        throw StoreError(code, "cannot register a worker: \(error)")
      }
    }
    worker = record.id
    guard let made else {
      throw StoreError(.inputOutput, "cannot register a worker: \(directory): it took no hold")
    }
    (records, controls) = made
  }

  /// Whoever clears away what is left under this name holds it for a moment.
  private static func hold(_ worker: WorkerID, _ locks: LockFile) throws(SystemError) {
    let deadline = MonotonicTime.now() + 2_000_000_000
    while true {
      do throws(SystemError) {
        return try locks.holdWorker(worker.number)
      } catch {
        guard error.code == EAGAIN, MonotonicTime.now() < deadline else { throw error }
        usleep(1_000)
      }
    }
  }

  /// Removes what a worker left that is not registered: whoever recovered it may have been killed
  /// before it did so, and so may the worker itself before it was registered. One that is just being
  /// registered holds its byte.
  func removeFiles(of worker: WorkerID) {
    locks.whileHolding(worker.number) { Self.removeFiles(directory, worker) }
  }

  private static func removeFiles(_ directory: String, _ worker: WorkerID) {
    ControlFiles.remove(store: directory, worker: worker.number)
    try? RunRecords.remove(store: directory, worker: worker.number)
  }

  /// Leaves the store: all claims must have been settled.
  func end() throws(StoreError) {
    try store.unregister(worker)
    Self.removeFiles(directory, worker)
  }
}

extension StoreError {
  /// A worker lacks something of the system's: a thread, a descriptor, memory.
  static func cannotStart(_ error: SystemError) -> StoreError {
    let isShortage = [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(error.code)
    return StoreError(
      .inputOutput,
      "cannot start a worker: \(error)"
        + (isShortage ? ": use fewer --workers, see ulimit -u and ulimit -n" : ""))
  }
}
