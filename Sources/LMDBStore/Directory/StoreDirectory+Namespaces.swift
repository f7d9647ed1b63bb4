import QueueCore

extension StoreDirectory {
  /// Throws `.unusable` when a worker lives in another PID namespace: process numbers mean nothing
  /// across them, and LMDB's writer lock does not hold (two writers at once were seen).
  ///
  /// That it lives its byte of `locks` says, which means the same everywhere.
  func refuseOtherNamespaces(
    _ workers: [WorkerRecord], _ own: UInt64
  ) throws(StoreError) {
    let others = workers.filter { $0.process.pidNamespace != own }
    guard !others.isEmpty else { return }
    let locks = try FileLock(self.locks)
    for worker in others where locks.isLockedElsewhere(byte: Int64(worker.id.number)) {
      throw StoreError(
        .unusable,
        "cannot use \(path): worker \(worker.id.number) works on it in another PID namespace "
          + "(a container): run this command there, or end that worker")
    }
  }
}
