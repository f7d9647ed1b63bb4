import LMDB
import Testing

struct CursorTests {
  let directory = TestDirectory()

  /// An environment whose database holds `keys`, each with itself as the value.
  func filled(_ keys: some Sequence<Int>) throws -> (Environment, Database) {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    for number in keys { try transaction.put(key(number), for: key(number), in: database) }
    try transaction.commit()
    return (environment, database)
  }

  @Test func `next walks all entries in order`() throws {
    let (environment, database) = try filled((0..<1000).shuffled())
    let read = try environment.beginRead()
    let keys = try read.withCursor(in: database) { (cursor) throws in
      var keys: [[UInt8]] = []
      while let entry = try cursor.next() {
        #expect(entry.key.elementsEqual(entry.value))
        keys.append(Array(entry.key))
      }
      return keys
    }
    #expect(keys == (0..<1000).map(key))
  }

  @Test func `a cursor goes to either end, back, and to the key at or after`() throws {
    let (environment, database) = try filled([10, 20, 30])
    let read = try environment.beginRead()
    try read.withCursor(in: database) { (cursor) throws in
      func stands(_ entry: Entry?) -> [UInt8]? { entry.map { Array($0.key) } }
      #expect(try stands(cursor.current()) == nil)
      #expect(try stands(cursor.last()) == key(30))
      #expect(try stands(cursor.previous()) == key(20))
      #expect(try stands(cursor.first()) == key(10))
      #expect(try stands(cursor.previous()) == nil)
      #expect(try stands(cursor.seek(atLeast: key(20))) == key(20))
      #expect(try stands(cursor.seek(atLeast: key(21))) == key(30))
      #expect(try stands(cursor.current()) == key(30))
      #expect(try stands(cursor.seek(atLeast: key(31))) == nil)
    }
  }

  @Test func `an empty database has no first entry`() throws {
    let (environment, database) = try filled([])
    let read = try environment.beginRead()
    try read.withCursor(in: database) { (cursor) throws in
      #expect(try cursor.first() == nil)
      #expect(try cursor.last() == nil)
      #expect(try cursor.next() == nil)
    }
  }

  @Test func `deleting while walking skips nothing`() throws {
    let (environment, database) = try filled(0..<1000)
    let transaction = try environment.beginWrite()
    var seen = 0
    try transaction.withCursor(in: database) { (cursor) throws in
      while let entry = try cursor.next() {
        seen += 1
        if (entry.key.last ?? 0) % 2 == 0 { try cursor.delete() }
      }
    }
    #expect(seen == 1000)
    #expect(try transaction.statistics(of: database).entries == 500)
    try transaction.commit()
    let read = try environment.beginRead()
    #expect(try read.bytes(for: key(1), in: database) == key(1))
    #expect(try read.bytes(for: key(2), in: database) == nil)
  }

  @Test func `a cursor appends and a walk from the front deletes`() throws {
    let (environment, database) = try filled([])
    let transaction = try environment.beginWrite()
    try transaction.withCursor(in: database) { (cursor) throws in
      for number in 0..<1000 {
        try key(number).withUnsafeBytes { try cursor.put($0, for: $0, append: true) }
      }
    }
    #expect(try transaction.statistics(of: database).entries == 1000)
    try transaction.withCursor(in: database) { (cursor) throws in
      while try cursor.next() != nil { try cursor.delete() }
    }
    #expect(try transaction.statistics(of: database).entries == 0)
  }

  @Test func `deleting on no entry is an error`() throws {
    let (environment, database) = try filled([1])
    let transaction = try environment.beginWrite()
    transaction.withCursor(in: database) { cursor in
      do throws(LMDBError) {
        try cursor.delete()
        Issue.record("deleted nothing")
      } catch {
        #expect(error.code == .invalidArgument)
      }
    }
  }
}
