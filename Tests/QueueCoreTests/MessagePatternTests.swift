import QueueCore
import Testing

@Suite struct MessagePatternTests {
  private func pattern(_ text: String, id: String = "a/7") throws -> String {
    let id = try #require(ItemID(id))
    return String(decoding: MessagePattern.of(Array(text.utf8), id: id), as: UTF8.self)
  }

  @Test(arguments: [
    ("cat: a/7: No such file", "cat: {}: No such file"),
    ("first\nno a/7\n", "no {}"),
    ("", ""),
    ("cannot open /tmp/x.12: errno 13", "cannot open <path>: errno <n>"),
    ("https://example.org/1 refused", "https:<path> refused"),
    ("at 0x7ffe12 in worker12", "at <hex> in worker<n>"),
    ("job 550e8400-e29b-41d4-a716-446655440000 died", "job <hex> died"),
    ("deadbeef stays, dead beef too", "deadbeef stays, dead beef too"),
    ("took 12.5ms, 3/4 done", "took <n>.<n>ms, <path> done"),
  ])
  func `messages that differ only in the item are one pattern`(
    message: String, expected: String
  ) throws {
    #expect(try pattern(message) == expected)
  }

  @Test func `an id is replaced as a word only, and a long line is cut`() throws {
    #expect(try pattern("b and bb and b", id: "b") == "{} and bb and {}")
    let long = try pattern(String(repeating: "x ", count: 5_000))
    #expect(long.utf8.count == MessagePattern.maximumLength)
  }

  @Test func `groups are counted, the largest first, in bounded number`() throws {
    var groups = FailureGroups(limit: 2)
    for (id, message) in [("1", "a"), ("2", "b"), ("3", "b"), ("4", "c"), ("5", "b"), ("6", "b")] {
      groups.add(try #require(ItemID(id)), message: Array(message.utf8))
    }
    let (largest, omitted) = groups.largest(1)
    #expect(largest.map(\.count) == [4] && largest[0].ids.map(\.description) == ["2", "3", "5"])
    #expect(omitted == 2)
  }
}
