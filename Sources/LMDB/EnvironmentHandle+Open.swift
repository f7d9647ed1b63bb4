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
    try handle.prepare()
    try handle.confirm()
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

  /// What LMDB leaves undone, and clears the slots of readers that died.
  private func prepare() throws(LMDBError) {
    try DataFile.closeOnExecute(try dataFile)
    _ = try checkReaders()
  }
}
