import LMDB
import Testing

struct KeyedCursorTests {
  let directory = TestDirectory()

  @Test func `one cursor finds what is at a key or after it, whatever it put and deleted before`()
    throws
  {
    let environment = try directory.create()
    let database = try environment.makeDatabase()
    let transaction = try environment.beginWrite()
    let cursor = try KeyedCursor(transaction, in: database)
    var held: Set<Int> = []
    var random = SystemRandomNumberGenerator()
    for step in 0..<20_000 {
      // More and more, then less and less, and so on.
      let number = Int.random(in: 0..<1000, using: &random)
      let isGrowing = step / 4000 % 2 == 0
      try key(number).withUnsafeBytes { bytes in
        switch Int.random(in: 0..<4, using: &random) {
        case 0: #expect(try (cursor.value(for: bytes) != nil) == held.contains(number))
        case 1 where isGrowing:
          try cursor.put(bytes, for: bytes)
          held.insert(number)
        case 1: #expect(try cursor.delete(bytes) == (held.remove(number) != nil))
        default:
          let expected = held.filter { $0 >= number }.min().map(key)
          #expect(try cursor.first(atLeast: bytes).map { Array($0.key) } == expected)
        }
      }
    }
    for number in held {
      #expect(try key(number).withUnsafeBytes { try cursor.delete($0) })
    }
    #expect(try key(0).withUnsafeBytes { try cursor.first(atLeast: $0) == nil })
  }
}
