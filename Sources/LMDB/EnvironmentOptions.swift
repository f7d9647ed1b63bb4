/// How an environment is opened. The defaults are meant for every process of every machine.
public struct EnvironmentOptions: Sendable {
  /// Whether a missing data file is created rather than an error. The directory must exist.
  public var create: Bool
  /// Bytes of address space, the most the data file can grow to. Less is taken where the process
  /// may not have so much (`ulimit -v`), down to the greater of 16 MiB and twice the file.
  public var mapSize: Int
  /// Named databases, at most.
  public var maximumDatabases: Int
  /// Read transactions of all processes at once. Whoever creates the lock file decides.
  public var maximumReaders: Int
  /// Permissions of files that are created, less the umask.
  public var mode: UInt32

  /// Options; see the properties.
  public init(
    create: Bool = false, mapSize: Int = 1 << 40, maximumDatabases: Int = 32,
    maximumReaders: Int = 2048, mode: UInt32 = 0o600
  ) {
    self.create = create
    self.mapSize = mapSize
    self.maximumDatabases = maximumDatabases
    self.maximumReaders = maximumReaders
    self.mode = mode
  }
}

/// What LMDB knows of an environment at one moment.
public struct EnvironmentInformation: Sendable {
  /// The id of the last commit; 0 before the first.
  public let lastTransactionID: UInt64
  /// The number of the last page ever used; pages count from 0.
  public let lastPage: Int
  /// Bytes of a page.
  public let pageSize: Int
  /// Bytes of this process's map.
  public let mapSize: Int
  /// Reader slots used so far, living or not.
  public let readers: Int
  /// Reader slots in all.
  public let maximumReaders: Int
}
