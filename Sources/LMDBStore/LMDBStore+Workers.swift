import LMDB
public import QueueCore

extension LMDBStore {
  /// Registers a worker; see ``QueueStore``. Throws `.unusable` when a registered worker lives in
  /// another PID namespace: LMDB's writer lock does not hold across them.
  public func register(
    _ process: ProcessIdentity, now: Timestamp,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    try write { session in
      try self.adoptLocks(&session)
      try directory.refuseOtherNamespaces(
        try session.reading.workers(in: session.transaction), process.pidNamespace)
      let number = try session.updateNumbers { numbers in
        defer { numbers.worker += 1 }
        return numbers.worker
      }
      let record = WorkerRecord(id: WorkerID(number), process: process, registeredAt: now)
      try hold(record.id)
      session.writer.clear()
      record.write(to: &session.writer)
      try withUnsafeBytes(of: number.bigEndian) { key in
        try session.writer.bytes.withUnsafeBytes { value in
          try session.transaction.put(value, for: key, in: session.databases.workers)
        }
      }
      return record
    }
  }

  /// Forgets a worker; see ``QueueStore``.
  public func unregister(_ worker: WorkerID) throws(StoreError) {
    try write { session in
      if try session.reading.claims(of: worker, in: session.transaction).isEmpty {
        try session.forget(worker)
      }
    }
  }

  /// The registered workers, in the order of their names.
  public func workers() throws(StoreError) -> [WorkerRecord] {
    try read { transaction, reading in try reading.workers(in: transaction) }
  }

  /// The tokens of what a worker holds.
  public func claims(of worker: WorkerID) throws(StoreError) -> [Token] {
    try read { transaction, reading in try reading.claims(of: worker, in: transaction) }
  }

  /// A store that was copied has another `locks`. It is taken over as long as nobody is registered
  /// who might hold locks on the old one.
  private func adoptLocks(_ session: inout WriteSession) throws {
    let found = try FileIdentity(directory.locks)
    let known = try session.reading.locksIdentity(in: session.transaction)
    guard known != [found.device, found.inode] else { return }
    for worker in try session.reading.workers(in: session.transaction)
    where ProcessState.isAlive(worker.process) {
      throw StoreError(
        .unusable,
        "cannot use \(directory.path): its file locks was replaced while worker PID "
          + "\(worker.process.pid) runs: end that worker first")
    }
    session.writer.clear()
    session.writer.put(session.reading.number)
    session.writer.put(found.device)
    session.writer.put(found.inode)
    try session.transaction.put(
      session.writer.bytes, for: Format.identityKey, in: session.databases.meta)
  }
}

extension StoreReading {
  /// Device and inode of `locks`, as the store knows them.
  fileprivate func locksIdentity(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws -> [UInt64] {
    try withBytes(Format.identityKey) { key in
      guard let value = try transaction.value(for: key, in: databases.meta) else { return [] }
      var reader = RecordReader(value)
      _ = try reader.uint64()
      return [try reader.uint64(), try reader.uint64()]
    }
  }
}
