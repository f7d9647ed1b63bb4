import CLMDB

/// Opening is several calls of LMDB, each of which leaves something to be closed when the next one
/// fails.
extension EnvironmentHandle {
  /// The least bytes an address space limit may reduce the map to.
  private static let leastMap = 16 << 20

  static func open(_ directory: String, _ options: EnvironmentOptions) throws(LMDBError)
    -> EnvironmentHandle
  {
    let identity = try DataFile.identity(of: directory)
    guard let reservation = DirectoryReservation.take(identity) else {
      throw LMDBError(.alreadyOpen, "open \(directory)")
    }
    let fileSize = try DataFile.size(in: directory, create: options.create)
    let (pointer, mapSize) = try map(directory, options, fileSize)
    let handle = EnvironmentHandle(pointer, reservation, isMapReduced: mapSize < options.mapSize)
    try handle.settle(directory)
    return handle
  }

  /// Opens with as much address space as there is.
  private static func map(_ directory: String, _ options: EnvironmentOptions, _ fileSize: Int)
    throws(LMDBError) -> (OpaquePointer, Int)
  {
    let least = max(leastMap, 2 * fileSize)
    var size = options.mapSize
    while true {
      do throws(LMDBError) {
        return (try attempt(directory, options, mapSize: size), size)
      } catch {
        guard error.code == .outOfMemory, size > least else { throw error }
        size = max(size / 2, least)
      }
    }
  }

  private static func attempt(_ directory: String, _ options: EnvironmentOptions, mapSize: Int)
    throws(LMDBError) -> OpaquePointer
  {
    let operation = "open \(directory)"
    var created: OpaquePointer?
    try check(mdb_env_create(&created), operation)
    guard let environment = created else { throw LMDBError(.outOfMemory, operation) }
    DamageExit.watch(environment)
    do throws(LMDBError) {
      try check(mdb_env_set_mapsize(environment, mapSize), operation)
      try check(mdb_env_set_maxdbs(environment, UInt32(options.maximumDatabases)), operation)
      try check(mdb_env_set_maxreaders(environment, UInt32(options.maximumReaders)), operation)
      try check(
        mdb_env_open(environment, directory, UInt32(MDB_NOTLS), mdb_mode_t(options.mode)), operation
      )
      return environment
    } catch {
      mdb_env_close(environment)
      throw error
    }
  }

  /// Brings lock file and data file into agreement, or refuses the environment.
  ///
  /// A process killed inside `mdb_env_open` while another waits there can leave transaction id 0
  /// in the lock file; the next writer would then overwrite the newest meta page, and commits.
  /// Beginning a write transaction runs LMDB's recovery and takes its id from the lock file; while
  /// it lasts nobody commits, so the data file's last id must be the one before. (A reader compared
  /// without the writer lock may come between a commit's two steps.)
  ///
  /// One commit behind is a lock file where a commit reached the disk that the disk denied, and its
  /// writer was told so: it was acknowledged to nobody. It is taken back, or the next commit would
  /// write over its pages while it is the newest. Only the first commits cannot be told from an id
  /// of 0.
  private func settle(_ directory: String) throws(LMDBError) {
    var descriptor: Int32 = -1
    try check(mdb_env_get_fd(try pointer, &descriptor), "open \(directory)")
    try DataFile.closeOnExecute(descriptor)
    _ = try checkReaders()
    let recovering = try WriteTransaction(in: self)
    let information = try information()
    let last = information.lastTransactionID
    if recovering.id == last, last > 2 {
      try DataFile.takeBack(commit: last, descriptor, pageSize: information.pageSize)
    } else if recovering.id != last + 1 {
      throw LMDBError(.unsettled, "open \(directory)")
    }
    try FreePages(descriptor: descriptor, pageSize: information.pageSize)
      .checkMissing(upTo: information.lastPage)
  }
}
