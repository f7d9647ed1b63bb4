import OrderedStore
public import QueueCore

extension OrderedQueueStore {
  /// Registers a worker; see ``QueueStore``. Throws `.unusable` when a registered worker lives where
  /// this process must not join it.
  public func register(
    _ process: ProcessIdentity, given: QueueSettings, of queue: QueueName?,
    hold: (WorkerID) throws(StoreError) -> Void
  ) throws(StoreError) -> WorkerRecord {
    var identity = identity
    let record = try write { session in
      let workers = try session.reading.workers()
      identity = try self.adoptLocks(&session, workers)
      try presence.join(workers)
      let number = try session.updateNumbers { numbers in
        defer { numbers.worker += 1 }
        return numbers.worker
      }
      let record = WorkerRecord(
        id: WorkerID(number), process: process, registeredAt: session.now, given: given,
        queue: queue)
      try presence.admit(record.id)
      try hold(record.id)
      session.writer.clear()
      record.write(to: &session.writer)
      try withUnsafeBytes(of: number.bigEndian) { key in
        try session.writer.bytes.withUnsafeBytes { value in
          try session.transaction.put(value, for: key, in: .workers)
        }
      }
      return record
    }
    adopt(identity)
    try presence.entered(record.id, for: queue)
    return record
  }

  /// Forgets a worker; see ``QueueStore``.
  public func unregister(_ worker: WorkerID) throws(StoreError) {
    presence.leaving(worker)
    let isFree = try write { session in
      let claims = try session.reading.claims(of: worker)
      let hasRevoked = try session.revoked().contains { $0.worker == worker }
      guard claims.isEmpty && !hasRevoked else { return false }
      try session.forget(worker)
      return true
    }
    if isFree { presence.left(worker) }
  }

  /// The registered workers, in the order of their names.
  public func workers() throws(StoreError) -> [WorkerRecord] {
    try read { reading in try reading.workers() }
  }

  /// The tokens of what a worker holds.
  public func claims(of worker: WorkerID) throws(StoreError) -> [Token] {
    try read { reading in try reading.claims(of: worker) }
  }

  /// The tokens of a worker's revoked claims.
  public func revoked(of worker: WorkerID) throws(StoreError) -> [Token] {
    try read { reading in
      try reading.revoked(of: nil).filter { $0.worker == worker }.map(\.token)
    }
  }

  /// A store that was copied has other locks. It is taken over as long as nobody is registered
  /// who might hold some of the old ones, and gets tokens of its own; who it is then. As long as
  /// something is claimed the tokens stay: what is left of a dead worker's runs is known by them.
  private func adoptLocks(
    _ session: inout WriteSession, _ workers: [WorkerRecord]
  ) throws -> StoreIdentity {
    let mark = try presence.mark()
    let known = try StoreIdentity(in: session.transaction)
    guard known.mark != mark else { return known }
    try presence.replaceLocks(of: workers)
    let hasClaims = try !session.reading.claims(of: nil).isEmpty
    let isAtRest = try !hasClaims && session.revoked().isEmpty
    let salt = isAtRest ? UInt64.random(in: 1 ... .max) : known.number ^ known.incarnation
    let adopted = StoreIdentity(number: known.number, mark: mark, salt: salt)
    try adopted.write(in: &session)
    return adopted
  }
}
