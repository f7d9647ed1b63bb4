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
      groups.add(try #require(ItemID(id)), failure(message))
    }
    let (largest, omitted) = groups.largest(1)
    #expect(largest.map(\.count) == [4] && largest[0].ids.map(\.description) == ["2", "3", "5"])
    #expect(omitted == 2)
  }

  @Test func `a run that said nothing is named by its exit, and a long id is cut at a character`()
    throws
  {
    var groups = FailureGroups(limit: 9)
    let long = String(repeating: "x", count: 199) + "\u{e9}" + String(repeating: "y", count: 60_000)
    groups.add(try #require(ItemID(long)), failure("", .exited(3)))
    groups.add(try #require(ItemID("3")), failure("", .exited(4)))
    groups.add(ItemID(unchecked: [UInt8](repeating: 0xff, count: 300)), failure("", .signalled(9)))
    let all = groups.largest(9).groups
    #expect(
      all.map { String(decoding: $0.message, as: UTF8.self) } == ["exit 3", "exit 4", "signal 9"])
    #expect(all[0].ids[0].description == String(repeating: "x", count: 199))
    #expect(all[2].ids[0].bytes.count == FailureGroups.maximumIDLength)
  }

  private func failure(_ message: String, _ exit: RunExit = .exited(1)) -> Ending {
    let time = Timestamp(microseconds: 1)
    return Ending(
      tally: Tally(), reason: .failed,
      run: RunSummary(exit: exit, startedAt: time, endedAt: time, message: Array(message.utf8)))
  }
}
