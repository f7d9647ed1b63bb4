import LMDB
import Testing

struct ValueTests {
  let directory = TestDirectory()

  @Test func `a missing key is nil`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    #expect(try transaction.bytes(for: [1], in: database) == nil)
    #expect(try !transaction.delete([1], in: database))
  }

  @Test func `put replaces and delete removes`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    try transaction.put([1], for: [9], in: database)
    try transaction.put([2, 2], for: [9], in: database)
    #expect(try transaction.bytes(for: [9], in: database) == [2, 2])
    #expect(try transaction.statistics(of: database).entries == 1)
    #expect(try transaction.delete([9], in: database))
    #expect(try transaction.statistics(of: database).entries == 0)
  }

  @Test func `an insertion over an existing key changes nothing and gives its value`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    #expect(try transaction.insert([1], for: [9], in: database) == nil)
    #expect(try transaction.insert([2], for: [9], in: database) == [1])
    #expect(try transaction.bytes(for: [9], in: database) == [1])
  }

  @Test func `an appended key must sort last`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    try transaction.put([], for: [5], in: database, append: true)
    #expect(
      code { () throws(LMDBError) in
        try transaction.put([], for: [4], in: database, append: true)
      } == .keyExists)
    #expect(try transaction.bytes(for: [5], in: database) == [])
  }

  @Test func `a reserved value is written in place`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let name: [UInt8] = [5]
    for count in [3, 100_000] {
      let transaction = try environment.beginWrite()
      try name.withUnsafeBytes { name in
        try transaction.put(count: count, for: name, in: database) { bytes in
          for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index) }
        }
      }
      try transaction.commit()
      let value = try environment.read { try $0.bytes(for: name, in: database) }
      #expect(value == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
    }
  }

  @Test func `a value is lent as a span`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try environment.store([1, 2, 3], for: [7], in: database)
    let read = try environment.beginRead()
    let present: [UInt8] = [7]
    let missing: [UInt8] = [8]
    try present.withUnsafeBytes { (present) throws in
      #expect(try read.contains(present, in: database))
      #expect(try read.withValue(of: present, in: database) { $0.byteCount } == 3)
    }
    try missing.withUnsafeBytes { (missing) throws in
      #expect(try !read.contains(missing, in: database))
      #expect(try read.withValue(of: missing, in: database) { $0.byteCount } == nil)
    }
  }

  @Test func `a large value comes back whole`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let value = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try environment.store(value, for: [1], in: database)
    let read = try environment.beginRead()
    #expect(try read.bytes(for: [1], in: database) == value)
    #expect(try read.statistics(of: database).overflowPages > 1000)
  }

  @Test func `a key has 1 to 511 bytes`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    let longest = [UInt8](repeating: 1, count: Environment.maximumKeySize)
    #expect(
      code { () throws(LMDBError) in try transaction.put([], for: [], in: database) }
        == .badValueSize)
    #expect(
      code { () throws(LMDBError) in try transaction.put([], for: longest + [1], in: database) }
        == .badValueSize)
    try transaction.put([2], for: longest, in: database)
    #expect(try transaction.bytes(for: longest, in: database) == [2])
  }
}
