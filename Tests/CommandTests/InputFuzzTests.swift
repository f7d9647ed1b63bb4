import Foundation
import QueueTestKit
import Testing

@testable import QueueCommands

/// Whatever comes on standard input.
@Suite struct InputFuzzTests {
  /// What the reader must say, worked out the simple way.
  private enum Record: Equatable {
    case line([UInt8])
    case tooLong
  }

  private func split(_ bytes: [UInt8], _ separator: UInt8, _ limit: Int) -> [Record] {
    var parts = bytes.split(separator: separator, omittingEmptySubsequences: false)
    if parts.last?.isEmpty ?? true { parts.removeLast() }
    return parts.map { $0.count > limit ? .tooLong : .line(Array($0)) }
  }

  private func read(
    _ bytes: [UInt8], _ separator: UInt8, _ limit: Int, _ random: inout SeededRandom
  ) throws -> [Record] {
    let pipe = Pipe()
    var pieces: [Data] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(
        .random(in: 1...(rest.count > 300_000 ? 300_000 : 700), using: &random))
      pieces.append(Data(piece))
      rest = rest[piece.endIndex...]
    }
    let writer = Thread { [pieces] in
      for piece in pieces { try? pipe.fileHandleForWriting.write(contentsOf: piece) }
      try? pipe.fileHandleForWriting.close()
    }
    writer.start()
    var reader = LineReader(
      pipe.fileHandleForReading.fileDescriptor, name: "a test", separator: separator, limit: limit)
    var records: [Record] = []
    while true {
      switch try reader.next(until: nil) {
      case .line(let line): records.append(.line(Array(line)))
      case .tooLong: records.append(.tooLong)
      case .pause: Issue.record("a pause without a deadline")
      case .end: return records
      }
    }
  }

  @Test func `records are what stands between separators, however they come`() throws {
    var fuzz = Fuzz("lines", rounds: 40)
    for round in 0..<fuzz.rounds {
      let separator: UInt8 = Bool.random(using: &fuzz.random) ? 0 : UInt8(ascii: "\n")
      let limit = fuzz.one(of: [1, 5, 100, 65_535])
      var bytes = fuzz.bytes(0...1_000, of: "\n\0aaaa")
      // Longer than what is read at a time.
      if round % 40 == 0 { bytes = Array(repeatElement(bytes, count: 600).joined()) }
      let found = try read(bytes, separator, limit, &fuzz.random)
      #expect(found == split(bytes, separator, limit), "\(bytes.prefix(100))")
    }
  }

  @Test(arguments: ["--jsonl --id-key id", "--tsv", "-0"])
  func `every line is enqueued, a duplicate, empty or named as bad`(form: String) throws {
    var fuzz = Fuzz("q-enqueue \(form)", rounds: 3_000)
    let shell = try Shell()
    let separator: UInt8 = form == "-0" ? 0 : UInt8(ascii: "\n")
    let samples = [
      #"{"id":"a","n":[1,2,{"x":null}]}"#, #"{"id":7}"#, #"{"id":1e3}"#, #"{"id":"\u00e9\ud83d"}"#,
      #"{"no":"id"}"#, #"["id"]"#, "", "{", #"{"id":""}"#, #"{"id":"a\u0000b"}"#, "id\tpayload",
      "\t", "\tx", "plain", "\r", String(repeating: "[", count: 3_000),
    ].map { Array($0.utf8) }
    var input: [UInt8] = []
    var lines = 0
    for round in 0..<fuzz.rounds {
      var line = fuzz.one(of: samples)
      if round % 3 > 0 { line = fuzz.mutated(line) }
      if round % 7 == 0 { line += Array("\(round)".utf8) }
      input += line.filter { $0 != separator } + [separator]
      lines += 1
    }
    try Data(input).write(to: URL(filePath: shell.directory + "/input"))
    let result = try shell.run(
      "q-enqueue \(form) < input 2>said; s=$?; tail -n 2 said >&2; exit $s")
    #expect([0, 65].contains(result.status), "\(result)")
    let summary = try #require(
      result.error.split(separator: "\n").first { $0.contains("enqueued") })
    let counted = summary.split(separator: ", ").compactMap {
      Int($0.prefix { $0.isNumber || $0 == "," }.filter(\.isNumber))
    }
    #expect(counted.reduce(0, +) == lines, "\(summary)")
    #expect(try shell.run("q-check --quiet").status == 0)
  }

  @Test func `ids of any bytes come out as they went in`() throws {
    var fuzz = Fuzz("ids", rounds: 2_000)
    let shell = try Shell()
    var ids: Set<[UInt8]> = []
    for _ in 0..<fuzz.rounds {
      let id = fuzz.bytes(
        fuzz.one(of: [1...3, 1...40, 500...520, 1...2_000]), of: "\n\t\\\"\u{7f}")
      ids.insert(id.map { $0 == 0 ? 255 : $0 })
    }
    try Data(ids.flatMap { $0 + [0] }).write(to: URL(filePath: shell.directory + "/ids"))
    let line =
      "q-enqueue -0 --quiet < ids; q-list -0 | sort -z > out; sort -z ids | cmp - out"
    let result = try shell.run(line)
    #expect(result.status == 0 && result.output + result.error == "", "\(result)")
  }
}
