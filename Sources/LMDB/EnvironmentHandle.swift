import CLMDB
import Synchronization

/// An open environment, shared by `Environment` and its transactions, which keep it alive.
final class EnvironmentHandle {
  enum Access { case reading, writing }

  private var environment: OpaquePointer?
  private var reservation: DirectoryReservation?
  /// Transactions in progress. Atomic because readers may live on any thread.
  private let transactions = Atomic<Int>(0)
  private let isWriting = Atomic<Bool>(false)
  /// Why the map is gone, after an attempt to enlarge it failed.
  private var mapFailure: LMDBError?
  /// Whether the map is smaller than asked for, because address space is limited.
  private let isMapReduced: Bool
  /// Whether this environment has written, or may: see ``settle(_:)``. Only writers look at it.
  var isSettled = false

  init(
    _ environment: OpaquePointer, _ reservation: consuming DirectoryReservation,
    isMapReduced: Bool
  ) {
    self.environment = environment
    self.reservation = consume reservation
    self.isMapReduced = isMapReduced
  }

  deinit { close() }

  /// LMDB's environment; throws `.closed` once there is none.
  var pointer: OpaquePointer {
    get throws(LMDBError) {
      if let mapFailure { throw mapFailure }
      guard let environment else { throw LMDBError(.closed, "use an environment") }
      return environment
    }
  }

  func close() {
    precondition(
      transactions.load(ordering: .acquiring) == 0, "an environment is closed under a transaction")
    if let environment { mdb_env_close(environment) }
    environment = nil
    reservation = nil
  }

  /// Begins a transaction, once more after clearing dead readers or enlarging the map if need be.
  func begin(_ access: Access) throws(LMDBError) -> OpaquePointer {
    let environment = try pointer
    if access == .writing, isWriting.exchange(true, ordering: .acquiringAndReleasing) {
      throw LMDBError(.writing, "begin a write transaction")
    }
    do throws(LMDBError) {
      let transaction = try begin(access, environment)
      if access == .writing { try settle(beginning: transaction) }
      transactions.add(1, ordering: .acquiringAndReleasing)
      return transaction
    } catch {
      if access == .writing { isWriting.store(false, ordering: .releasing) }
      throw error
    }
  }

  private func settle(beginning transaction: OpaquePointer) throws(LMDBError) {
    do throws(LMDBError) {
      try settle(UInt64(mdb_txn_id(transaction)))
    } catch {
      mdb_txn_abort(transaction)
      throw error
    }
  }

  /// Every transaction calls this once, after LMDB has ended it.
  func ended(_ access: Access) {
    transactions.subtract(1, ordering: .acquiringAndReleasing)
    if access == .writing { isWriting.store(false, ordering: .releasing) }
  }

  /// Frees the reader slots of dead processes, and says how many.
  func checkReaders() throws(LMDBError) -> Int {
    var dead: Int32 = 0
    try check(mdb_reader_check(try pointer, &dead), "check readers")
    return Int(dead)
  }

  func information() throws(LMDBError) -> EnvironmentInformation {
    let environment = try pointer
    var information = MDB_envinfo()
    var statistics = MDB_stat()
    try check(mdb_env_info(environment, &information), "read about the environment")
    try check(mdb_env_stat(environment, &statistics), "read about the environment")
    return EnvironmentInformation(
      lastTransactionID: UInt64(information.me_last_txnid),
      lastPage: information.me_last_pgno,
      pageSize: Int(statistics.ms_psize),
      mapSize: information.me_mapsize,
      readers: Int(information.me_numreaders),
      maximumReaders: Int(information.me_maxreaders))
  }

  private func begin(_ access: Access, _ environment: OpaquePointer) throws(LMDBError)
    -> OpaquePointer
  {
    let flags = access == .reading ? UInt32(MDB_RDONLY) : 0
    var transaction: OpaquePointer?
    var code = mdb_txn_begin(environment, nil, flags, &transaction)
    if code == MDB_READERS_FULL {
      _ = try checkReaders()
      code = mdb_txn_begin(environment, nil, flags, &transaction)
    } else if code == MDB_MAP_RESIZED, transactions.load(ordering: .acquiring) == 0 {
      // Moving the map would pull it from under this process's other transactions.
      try enlargeMap(environment)
      code = mdb_txn_begin(environment, nil, flags, &transaction)
    }
    let operation = "begin a \(access == .reading ? "read" : "write") transaction"
    try check(code, operation)
    guard let transaction else { throw LMDBError(.badTransaction, operation) }
    return transaction
  }

  /// Takes the size the others use; if address space is limited, twice what is in use.
  private func enlargeMap(_ environment: OpaquePointer) throws(LMDBError) {
    let information = try information()
    let size = isMapReduced ? 2 * (information.lastPage + 1) * information.pageSize : 0
    do throws(LMDBError) {
      try check(mdb_env_set_mapsize(environment, size), "enlarge the map")
    } catch {
      // LMDB has given up the old map by now, and would read through a null pointer.
      mapFailure = error
      throw error
    }
  }
}
