import Glibc
import LMDB
import Testing

/// What two processes do to each other. Each exit test's body runs in a process of its own.
struct ProcessTests {
  let directory = TestDirectory()

  @Test func `a map follows a file that another process has grown`() async throws {
    let environment = try directory.create(mapSize: 1 << 20)
    let database = try environment.makeDatabase()
    await growElsewhere()
    let length = try environment.read { read in
      try read.bytes(for: [1], in: database)?.count
    }
    #expect(length == 4 << 20)
    #expect(try environment.information.mapSize >= 4 << 20)
    try environment.store([1], for: [2], in: database)
  }

  @Test func `a writer too follows a file that another process has grown`() async throws {
    let environment = try directory.create(mapSize: 1 << 20)
    let database = try environment.makeDatabase()
    await growElsewhere()
    try environment.store([1], for: [2], in: database)
  }

  @Test func `a map does not move under an open transaction`() async throws {
    let environment = try directory.create(mapSize: 1 << 20)
    let database = try environment.makeDatabase()
    do {
      let read = try environment.beginRead()
      await growElsewhere()
      #expect(code { () throws(LMDBError) in _ = try environment.beginWrite() } == .mapResized)
      #expect(try read.bytes(for: [1], in: database) == nil)
    }
    try environment.store([1], for: [2], in: database)
  }

  /// Another process stores 4 MiB under the key 1.
  private func growElsewhere() async {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let environment = try Environment(directory: path, options: .init(mapSize: 1 << 30))
      let database = try #require(try environment.openDatabase(named: "test"))
      try environment.store([UInt8](repeating: 1, count: 4 << 20), for: [1], in: database)
    }
  }

  @Test func `readers of dead processes make room for new ones`() async throws {
    let environment = try directory.create(maximumReaders: 2)
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let environment = try Environment(directory: path, options: .init(mapSize: 1 << 30))
      let first = try environment.beginRead()
      let second = try environment.beginRead()
      withExtendedLifetime((first.id, second.id)) { vanish() }
    }
    let first = try environment.beginRead()
    let second = try environment.beginRead()
    #expect(code { () throws(LMDBError) in _ = try environment.beginRead() } == .readersFull)
    #expect(first.id == second.id)
  }

  @Test func `dead readers are counted`() async throws {
    let environment = try directory.create()
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let environment = try Environment(directory: path, options: .init(mapSize: 1 << 30))
      let read = try environment.beginRead()
      withExtendedLifetime(read.id) { vanish() }
    }
    #expect(try environment.checkReaders() == 1)
    #expect(try environment.checkReaders() == 0)
  }

  @Test func `a writer that died does not block the next`() async throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let environment = try Environment(directory: path, options: .init(mapSize: 1 << 30))
      let write = try environment.beginWrite()
      withExtendedLifetime(write.id) { vanish() }
    }
    try environment.store([1], for: [1], in: database)
  }

  @Test func `closing under a transaction traps`() async {
    await #expect(processExitsWith: .failure) {
      let directory = TestDirectory()
      let environment = try directory.create()
      let read = try environment.beginRead()
      environment.close()
      withExtendedLifetime(read.id) {}
    }
  }

  @Test func `a lock file that forgot the last transaction is refused`() async throws {
    let environment = try directory.create()
    try environment.store([1], for: [1], in: environment.makeDatabase())
    // While this process has it open, another cannot make a new lock file.
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      writeLastTransaction(0, in: path)
      let failure = code { () throws(LMDBError) in _ = try Environment(directory: path) }
      #expect(failure == .unsettled)
    }
    environment.close()
    #expect(
      code { () throws(LMDBError) in _ = try Environment(directory: directory.path) } == nil)
  }

  @Test func `a lock file that forgets the last transaction lets nobody write`() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let environment = try Environment(directory: path, options: .init(create: true))
      let database = try environment.makeDatabase()
      try environment.store([1], for: [1], in: database)
      writeLastTransaction(0, in: path)
      let failure = code { () throws(LMDBError) in _ = try environment.beginWrite() }
      #expect(failure == .unsettled)
      // It is over: the next one is refused for the same reason, and not for that one.
      let again = code { () throws(LMDBError) in _ = try environment.beginWrite() }
      #expect(again == .unsettled)
    }
  }

  @Test func `who looks between the two steps of a commit sees the state before`() async throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    for value in UInt8(1)...3 { try environment.store([value], for: [1], in: database) }
    let last = try environment.lastTransactionID
    await #expect(processExitsWith: .success) {
      [path = directory.path as String, last = last as UInt64] in
      writeLastTransaction(last - 1, in: path)
      let other = try Environment(directory: path, options: .init(mapSize: 1 << 30))
      let database = try #require(try other.openDatabase(named: "test"))
      #expect(try other.read { try $0.bytes(for: [1], in: database) } == [2])
    }
    for id in [last - 2, last + 1] {
      await #expect(processExitsWith: .success) {
        [path = directory.path as String, id = id as UInt64] in
        writeLastTransaction(id, in: path)
        let failure = code { () throws(LMDBError) in _ = try Environment(directory: path) }
        #expect(failure == .unsettled)
      }
    }
  }

  @Test func `where address space is limited the map is smaller`() async {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      let environment = try Environment(directory: path, options: .init(create: true))
      let mapSize = try environment.information.mapSize
      #expect(mapSize >= 16 << 20 && mapSize <= 4 << 30)
      let database = try environment.makeDatabase()
      try environment.store([1], for: [1], in: database)
    }
  }
}

/// Puts an id in the place of the last transaction's in the lock file. Closing that drops the
/// process's locks on it.
private func writeLastTransaction(_ id: UInt64, in directory: String) {
  let lock = open("\(directory)/lock.mdb", O_WRONLY)
  // Two numbers, the readers' mutex, the last transaction's id.
  let place = 8 + MemoryLayout<pthread_mutex_t>.size
  var id = id.littleEndian
  #expect(pwrite(lock, &id, 8, off_t(place)) == 8)
  close(lock)
}

/// Ends the process as a kill would: nothing is closed. Not `Never`, or the compiler warns of what
/// the testing library puts behind it.
private func vanish() { _exit(0) }
