import Foundation
import QueueTestKit
import Testing

@testable import QueueCommands

/// Whatever comes in on q-settle's and q-extend's standard input.
@Suite struct ClaimFuzzTests {
  @Test(arguments: ["q-settle done", "q-settle --json failed", "q-extend", "q-settle released -0"])
  func `every line is done, stale, empty or named as bad, and the store stays sound`(
    line: String
  ) throws {
    var fuzz = Fuzz(line, rounds: 2_000)
    let shell = try Shell()
    let isJSON = line.contains("--json")
    let form = isJSON ? "--json" : line.contains("-0") ? "-0" : ""
    let separator: UInt8 = form == "-0" ? 0 : 0x0a
    #expect(
      try shell.run("seq 500 | q-enqueue --quiet; q-claim \(form) -n 500 --quiet > claims").status
        == 0)
    let claims = try Data(contentsOf: URL(filePath: shell.directory + "/claims"))
      .split(separator: separator).map(Array.init)
    var input: [UInt8] = []
    var (lines, empty) = (0, 0)
    for round in 0..<fuzz.rounds {
      var line = fuzz.one(of: claims)
      if isJSON, round % 2 == 0 {
        line =
          line.dropLast()
          + Array(
            fuzz.one(of: [
              #","outcome":"done"}"#, #","note":"\u00e9"}"#, #","in":"3s","outcome":"deferred"}"#,
              #","outcome":"x"}"#, #","note":7}"#, #","emit":[]}"#, #","in":-1}"#,
            ]).utf8)
      }
      if round % 3 > 0 { line = fuzz.mutated(line) }
      line = line.filter { $0 != separator }
      if line.isEmpty { empty += 1 }
      input += line + [separator]
      lines += 1
    }
    try Data(input).write(to: URL(filePath: shell.directory + "/input"))
    let result = try shell.run("\(line) < input 2>said; s=$?; tail -n 2 said >&2; exit $s")
    #expect([65, 76].contains(result.status), "\(result)")
    let summary = try #require(result.error.split(separator: "\n").first)
    let counted = summary.split(separator: ", ").compactMap {
      Int($0.prefix { $0.isNumber || $0 == "," }.filter(\.isNumber))
    }
    #expect(counted.reduce(0, +) == lines - empty, "\(summary)")
    #expect(try shell.run("q-check --quiet").status == 0)
  }

  @Test func `no line of bytes traps the reader of objects`() {
    var fuzz = Fuzz("objects of q-settle", rounds: 20_000)
    let whole = Array(
      #"{"token":"1.000000018000000000000001.0123456789abcdef","outcome":"deferred","in":"1m","note":"x"}"#
        .utf8)
    #expect(throws: Never.self) { try whole.withUnsafeBytes { _ = try SettleLine($0) } }
    for _ in 0..<fuzz.rounds {
      let line = fuzz.mutated(whole)
      line.withUnsafeBytes { bytes in _ = try? SettleLine(bytes) }
    }
  }
}
