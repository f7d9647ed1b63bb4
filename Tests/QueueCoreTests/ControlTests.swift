import QueueCore
import Testing

@Suite struct ControlTests {
  private func read(_ text: String, isWhole: Bool = true) throws -> Control {
    try Control(Array(text.utf8), isWhole: isWhole)
  }

  @Test func `the last deferral, the longest pause and all notes hold`() throws {
    let control = try read(
      "defer 5m\npause 1s\nnote first\npause 0.5s\ndefer 10s\nnote  second \nnote")
    #expect(control.deferral == .seconds(10) && control.pause == .seconds(1))
    #expect(String(decoding: control.note, as: UTF8.self) == "first\n second \n")
    #expect(try read("") == Control())
  }

  @Test func `what is spent adds up, by unit`() throws {
    let control = try read(
      """
      spend usd 0.000001
      spend tokens 1200
      spend usd 12.5
      json {"spend":{"tokens":0.5e1,"usd":0},"other":[1]}
      spend eur 0
      """)
    #expect(control.spent.words == "tokens 1205, usd 12.500001")
  }

  @Test func `a last line without its end counts only for a handler that ended by itself`() throws {
    #expect(try read("note a\ndefer 5", isWhole: false).deferral == nil)
    #expect(try read("note a\ndefer 5").deferral == .seconds(5))
    #expect(try read("def", isWhole: false) == Control())
  }

  @Test(arguments: [
    (
      "note a\nbogus",
      "control: line 2: no such request: bogus: defer, pause, rest, rest-pool, note, spend, emit, result or json"
    ),
    ("defer", "control: line 1: not a duration: : 90s, 10m"),
    ("defer soon", "control: line 1: not a duration: soon: 90s, 10m"),
    ("note x\npause -1\n", "control: line 2: not a duration: -1: 90s, 10m"),
    (
      "\nnote x",
      "control: line 1: no such request: : defer, pause, rest, rest-pool, note, spend, emit, result or json"
    ),
    ("defer  5", "control: line 1: not a duration:  5: 90s, 10m"),
    (
      "spend usd 0.1234567",
      "control: line 1: not an amount: 0.1234567: a decimal number with at most six places, like 0.0123"
    ),
    (
      "spend usd -1",
      "control: line 1: not an amount: -1: a decimal number with at most six places, like 0.0123"
    ),
    ("spend", "control: line 1: not a unit's name: : spend usd 0.0123"),
    ("spend .usd 1", "control: line 1: not a unit's name: .usd: spend usd 0.0123"),
    (
      #"json {"spend":{"usd":"1"}}"#,
      "control: line 1: byte 22: it is not an amount: a decimal number with at most six places, like 0.0123"
    ),
    (
      (0..<17).map { "spend u\($0) 1\n" }.joined(),
      "control: line 17: it spends more than 16 units"
    ),
    (
      (0..<17).map { "json {\"spend\":{\"u\($0)\":1}}\n" }.joined(),
      "control: line 17: it spends more than 16 units"
    ),
  ])
  func `one line that cannot be done makes the whole file invalid`(
    text: String, message: String
  ) throws {
    let failure = #expect(throws: Control.Invalid.self) { try read(text) }
    #expect(failure?.message == message)
  }

  @Test(arguments: [1, 2, 7, 4_096])
  func `a file is read in parts of any size, and its lines are the same`(size: Int) throws {
    let text =
      "defer 5m\nnote " + String(repeating: "y", count: 9_000) + "\npause 3s\nnote z\ndefer 7"
    var reader = Control.Reader()
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      try reader.read(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    #expect(try reader.finish(isWhole: true) == read(text))
    #expect(try read(text).deferral == .seconds(7) && read(text).note.count == Control.maximumNote)
  }

  @Test func `notes are bytes, and are cut`() throws {
    let raw = try Control(Array("note ".utf8) + [0xff, 0x00, 0x80], isWhole: true)
    #expect(raw.note == [0xff, 0x00, 0x80])
    let long = String(repeating: "note " + String(repeating: "x", count: 3_000) + "\n", count: 3)
    #expect(try read(long).note.count == Control.maximumNote)
  }

  @Test(arguments: [
    ("90", 90_000_000), ("1.5s", 1_500_000), ("250ms", 250_000), ("2h", 7_200_000_000),
    ("1d", 86_400_000_000), ("0.25ms", 250), ("0", 0),
  ])
  func `a duration is read and written`(text: String, microseconds: Int64) throws {
    let duration = try #require(Duration(text: text))
    #expect(duration == .microseconds(microseconds))
    #expect(Duration(text: duration.text) == duration)
  }

  @Test(arguments: ["", "s", "-1", "1e3", "1 s", "inf", "nan", "4000d", "1x", "١s"])
  func `what is no duration is refused`(text: String) { #expect(Duration(text: text) == nil) }
}
