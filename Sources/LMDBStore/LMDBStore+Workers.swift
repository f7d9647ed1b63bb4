import LMDB
public import QueueCore
import System

extension LMDBStore {
  /// Registers a worker; see ``QueueStore``. Throws `.unusable` when a registered worker lives in
  /// another PID namespace: LMDB's writer lock does not hold across them.
  public func register(
    _ process: ProcessIdentity, given: QueueSettings,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    var isCopy = false
    let record = try write { session in
      isCopy = try self.adoptLocks(&session)
      try directory.refuseOtherNamespaces(
        try session.reading.workers(in: session.transaction), process.pidNamespace)
      let number = try session.updateNumbers { numbers in
        defer { numbers.worker += 1 }
        return numbers.worker
      }
      let record = WorkerRecord(
        id: WorkerID(number), process: process, registeredAt: session.now, given: given)
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
    if isCopy { forgetConnection() }
    return record
  }

  /// Forgets a worker; see ``QueueStore``.
  public func unregister(_ worker: WorkerID) throws(StoreError) {
    try write { session in
      let claims = try session.reading.claims(of: worker, in: session.transaction)
      let hasRevoked = try session.revoked().contains { $0.worker == worker }
      if claims.isEmpty && !hasRevoked { try session.forget(worker) }
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

  /// The tokens of a worker's revoked claims.
  public func revoked(of worker: WorkerID) throws(StoreError) -> [Token] {
    try read { transaction, reading in
      try reading.revoked(of: nil, in: transaction).filter { $0.worker == worker }.map(\.token)
    }
  }

  /// A store that was copied has another `locks`. It is taken over as long as nobody is registered
  /// who might hold locks on the old one, and gets tokens of its own; true then. As long as something
  /// is claimed the tokens stay: what is left of a dead worker's runs is known by them.
  private func adoptLocks(_ session: inout WriteSession) throws -> Bool {
    let found = try FileIdentity(directory.locks)
    let known = try session.reading.locksIdentity(in: session.transaction)
    guard known != [found.device, found.inode] else { return false }
    for worker in try session.reading.workers(in: session.transaction)
    where worker.process.isAlive {
      throw StoreError(
        .unusable,
        "cannot use \(directory.path): its file locks was replaced while worker PID "
          + "\(worker.process.pid) runs: end that worker first")
    }
    let (number, incarnation) = (session.reading.number, session.reading.incarnation)
    let hasClaims = try !session.reading.claims(of: nil, in: session.transaction).isEmpty
    let isAtRest = try !hasClaims && session.revoked().isEmpty
    session.writer.clear()
    session.writer.put(number)
    session.writer.put(found.device)
    session.writer.put(found.inode)
    session.writer.put(isAtRest ? UInt64.random(in: 1 ... .max) : number ^ incarnation)
    try session.transaction.put(
      session.writer.bytes, for: Format.identityKey, in: session.databases.meta)
    return true
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
