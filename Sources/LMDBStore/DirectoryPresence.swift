import QueueCore
import System

/// Who uses the store of a directory, by the bytes of its file `locks`, which mean the same everywhere,
/// and by what the machine says of processes.
final class DirectoryPresence: Presence {
  private let directory: StoreDirectory

  init(_ directory: StoreDirectory) { self.directory = directory }

  func mark() throws(StoreError) -> (UInt64, UInt64) {
    do {
      let locks = try FileIdentity(directory.locks)
      return (locks.device, locks.inode)
    } catch {
      throw StoreError(error)
    }
  }

  /// Across PID namespaces process numbers mean nothing, and LMDB's writer lock does not hold (two
  /// writers at once were seen).
  func join(_ workers: [WorkerRecord]) throws(StoreError) {
    let own = ProcessIdentity.ownNamespace
    let others = workers.filter { $0.process.pidNamespace != own }
    guard !others.isEmpty else { return }
    let locks = try FileLock(directory.locks)
    for worker in others where locks.isLockedElsewhere(byte: Int64(worker.id.number)) {
      throw StoreError(
        .unusable,
        "cannot use \(directory.path): worker \(worker.id.number) works on it in another PID "
          + "namespace (a container): run this command there, or end that worker")
    }
  }

  func replaceLocks(of workers: [WorkerRecord]) throws(StoreError) {
    for worker in workers where worker.process.isAlive {
      throw StoreError(
        .unusable,
        "cannot use \(directory.path): its file locks was replaced while worker PID "
          + "\(worker.process.pid) runs: end that worker first")
    }
  }

  func refuseLife() throws(StoreError) {
    guard try FileLock(directory.locks).hasLocks else { return }
    throw StoreError(
      .busy,
      "cannot repair \(directory.path): a worker, what it has started, or what fills a batch "
        + "still runs: end it first")
  }
}
