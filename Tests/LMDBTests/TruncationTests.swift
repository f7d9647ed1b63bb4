import LMDB
import Testing

struct TruncationTests {
  let directory = TestDirectory()

  /// Writes entries, about three a page, in one transaction.
  func fill(_ environment: Environment, _ database: Database, _ numbers: Range<Int>) throws {
    let transaction = try environment.beginWrite()
    for number in numbers {
      try transaction.put(
        [UInt8](repeating: 7, count: 1000), for: key(number), in: database)
    }
    try transaction.commit()
  }

  @Test func `a file without its last pages is refused and left as it is`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try fill(environment, database, 0..<1000)
    environment.close()
    let whole = directory.size
    for pages in [1, 2, 10, 100] {
      directory.truncate(to: whole - pages * 4096)
      #expect(opening() == .truncated)
      #expect(directory.size == whole - pages * 4096)
    }
    directory.truncate(to: 2 * 4096)
    #expect(opening() == .truncated)
  }

  @Test func `half a page less is a page less`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try fill(environment, database, 0..<100)
    environment.close()
    directory.truncate(to: directory.size - 100)
    #expect(opening() == .truncated)
  }

  @Test func `a lost value is refused even where the list of free pages is whole`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try fill(environment, database, 0..<1000)
    // Room at the front for the trees of later commits, and a value at the end that stays.
    let transaction = try environment.beginWrite()
    for number in 0..<500 { try transaction.delete(key(number), in: database) }
    try transaction.commit()
    try environment.store([UInt8](repeating: 1, count: 8 << 20), for: [255], in: database)
    for number in UInt8(1)...10 { try environment.store([], for: [number], in: database) }
    environment.close()
    let whole = directory.size
    directory.truncate(to: whole - (1 << 20))
    #expect(opening() == .truncated)
    #expect(directory.size == whole - (1 << 20))
  }

  @Test func `missing pages that are all free are no damage`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    try fill(environment, database, 0..<1000)
    let used = try environment.information.lastPage
    // Frees two thousand pages at the end; later commits move everything before them.
    try environment.store([UInt8](repeating: 1, count: 8 << 20), for: [1], in: database)
    for number in UInt8(1)...10 { try environment.store([], for: [number], in: database) }
    let information = try environment.information
    environment.close()
    #expect(information.lastPage > used + 2048)
    // The newest trees took pages from the front of the free ones, so the last one is free.
    directory.truncate(to: information.lastPage * 4096)
    #expect(opening() == nil)
    #expect(directory.size == information.lastPage * 4096, "a look changed the file")
    do {
      let environment = try Environment(directory: directory.path, options: .init(mapSize: 1 << 30))
      _ = try environment.beginWrite()
    }
    #expect(directory.size == (information.lastPage + 1) * 4096)
    // Far into the pages of the first thousand entries, they are not.
    directory.truncate(to: used / 2 * 4096)
    #expect(opening() == .truncated)
  }

  @Test func `a file that LMDB itself left short opens`() throws {
    // LMDB does not write pages that one transaction takes and frees. Some of the environments
    // that this fixed sequence makes end with such pages.
    var state: UInt64 = 1
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var short = 0
    for _ in 0..<100 where short < 3 {
      let directory = TestDirectory()
      var environment = try directory.create()
      var database = try environment.makeDatabase()
      for _ in 0..<12 {
        let value = [UInt8](repeating: 7, count: [20, 900, 1900, 9000][random(4)])
        let (operations, keys, deletions) = (1 << random(9), 1 + random(400), random(100))
        let transaction = try environment.beginWrite()
        for _ in 0..<operations {
          let key = key(random(keys))
          if random(100) < deletions {
            try transaction.delete(key, in: database)
          } else {
            try transaction.put(value, for: key, in: database)
          }
        }
        try transaction.commit()
        let whole = (try environment.information.lastPage + 1) * 4096
        guard directory.size < whole else { continue }
        short += 1
        environment.close()
        environment = try Environment(directory: directory.path, options: .init(mapSize: 1 << 30))
        _ = try environment.beginWrite()
        #expect(directory.size == whole)
        database = try #require(try environment.openDatabase(named: "test"))
      }
    }
    #expect(short > 0)
  }

  @Test func `damage in the free list is refused, not followed`() throws {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    // A reader keeps what every commit frees from being used: a free list of many entries.
    let reader = try environment.beginRead()
    for number in 0..<300 { try fill(environment, database, number..<number + 3) }
    _ = consume reader
    environment.close()
    let whole = directory.size
    for pages in stride(from: 1, to: whole / 4096 - 2, by: 17) {
      directory.truncate(to: whole - pages * 4096)
      #expect(opening() == .truncated)
    }
  }

  private func opening() -> LMDBError.Code? {
    code { () throws(LMDBError) in
      _ = try Environment(directory: directory.path, options: .init(mapSize: 1 << 30))
    }
  }
}
