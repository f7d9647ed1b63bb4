import LMDB
import Testing

struct TransactionTests {
  let directory = TestDirectory()

  @Test func `a dropped transaction aborts`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    do {
      let transaction = try environment.beginWrite()
      try transaction.put([1], for: [1], in: database)
    }
    let read = try environment.beginRead()
    #expect(try read.bytes(for: [1], in: database) == nil)
  }

  @Test func `a committed value survives closing and opening`() throws {
    var environment = try directory.create()
    try environment.store([1, 2, 3], for: [7], in: environment.makeDatabase())
    environment.close()
    environment = try Environment(directory: directory.path)
    let database = try #require(try environment.openDatabase(named: "test"))
    let read = try environment.beginRead()
    #expect(try read.bytes(for: [7], in: database) == [1, 2, 3])
  }

  @Test func `a reader sees the moment it began`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let before = try environment.beginRead()
    try environment.store([1], for: [1], in: database)
    let after = try environment.beginRead()
    #expect(try before.bytes(for: [1], in: database) == nil)
    #expect(try after.bytes(for: [1], in: database) == [1])
    #expect(after.id == before.id + 1)
    #expect(try environment.lastTransactionID == after.id)
  }

  @Test func `a second write transaction is refused until the first has ended`() throws {
    let environment = try directory.create()
    do {
      let first = try environment.beginWrite()
      #expect(code { () throws(LMDBError) in _ = try environment.beginWrite() } == .writing)
      try first.commit()
    }
    let dropped = try environment.beginWrite()
    _ = consume dropped
    #expect(code { () throws(LMDBError) in _ = try environment.beginWrite() } == nil)
  }

  @Test func `a missing database is nil and an aborted one does not exist`() throws {
    let environment = try directory.create()
    #expect(try environment.openDatabase(named: "test") == nil)
    do {
      let transaction = try environment.beginWrite()
      _ = try transaction.createDatabase(named: "test")
    }
    #expect(try environment.openDatabase(named: "test") == nil)
    let created = try environment.makeDatabase()
    #expect(try environment.openDatabase(named: "test") == created)
  }

  @Test func `more databases than the options allow are refused`() throws {
    let environment = try Environment(
      directory: directory.path,
      options: .init(create: true, mapSize: 1 << 24, maximumDatabases: 1))
    _ = try environment.makeDatabase("one")
    let transaction = try environment.beginWrite()
    #expect(
      code { () throws(LMDBError) in _ = try transaction.createDatabase(named: "two") }
        == .databasesFull)
  }

  @Test func `a full map fails the put and leaves the environment usable`() throws {
    let environment = try directory.create(mapSize: 1 << 20)
    let database = try environment.makeDatabase()
    do {
      let transaction = try environment.beginWrite()
      let value = [UInt8](repeating: 1, count: 1 << 21)
      #expect(
        code { () throws(LMDBError) in try transaction.put(value, for: [1], in: database) }
          == .mapFull)
      #expect(
        code { () throws(LMDBError) in try transaction.put([1], for: [1], in: database) }
          == .badTransaction)
    }
    try environment.store([1], for: [1], in: database)
    #expect(try environment.read { try $0.bytes(for: [1], in: database) } == [1])
  }

  @Test func `an error says what was attempted and why it failed`() {
    let error = LMDBError(.mapFull, "put a value")
    #expect(error.description == "put a value: MDB_MAP_FULL: Environment mapsize limit reached")
    #expect(
      LMDBError(.noSuchFile, "open x").description == "open x: No such file or directory")
  }
}
