import Foundation
import QueueTestKit
import Testing

@testable import QueueCommands

/// What q-enqueue takes for a line of JSON, and which id it finds there.
@Suite struct JSONLinesTests {
  private func id(_ line: String, _ key: String = "id") -> String {
    id(Array(line.utf8), key)
  }

  private func id(_ line: [UInt8], _ key: String = "id") -> String {
    line.withUnsafeBytes { bytes in
      do throws(ObjectID.Missing) {
        return String(decoding: try ObjectID(key).find(in: bytes), as: UTF8.self)
      } catch {
        return "- \(error.why)"
      }
    }
  }

  @Test(arguments: [
    (#"{"id":"a"}"#, "a"), (" {\t\"x\" : [ ] , \"id\" : \"a b\" } \r", "a b"),
    (#"{"id":12}"#, "12"),
    (#"{"id":-0}"#, "-0"), (#"{"id":9223372036854775808}"#, "9223372036854775808"),
    (
      #"{"id":-340282366920938463463374607431768211456}"#,
      "-340282366920938463463374607431768211456"
    ),
    (#"{"\u0069d":"esc"}"#, "esc"), (#"{"id":"\u0061\n\"\\\/\ud83d\ude00é😀"}"#, "a\n\"\\/😀é😀"),
    (#"{"a":{"id":"inner"},"id":"outer","b":[{"id":1}]}"#, "outer"),
    (#"{"n":[0,-1,1.5,1e9,1E-9,0.0e+0,true,false,null,"",{}],"id":"x"}"#, "x"),
    (#"{"lone":"\ud800","id":"x"}"#, "x"),
  ])
  func `the id of an object is its text, or its own digits`(line: String, expected: String) {
    #expect(id(line) == expected)
  }

  @Test(arguments: [
    #"{"id":"a",}"#, #"{"id":"a","v":01}"#, #"{"id":"a","v":1.}"#, #"{"id":"a","v":1e}"#,
    #"{"id":"a","v":-}"#, #"{"id":"a","v":+1}"#, #"{"id":"a","v":.5}"#, #"{"id":"a","v":NaN}"#,
    #"{"id":"a"} {}"#, #"{"id":"a"}x"#, #"{"id":"a""#, #"{"id":"a"#, #"{"id" "a"}"#, #"{id:"a"}"#,
    #"["id"]"#, #""id""#, "{}{", "", "nul", #"{"id":"a","v":tru}"#, #"{"id":"a","v":[1,]}"#,
    #"{"id":"a","v":[1 2]}"#, #"{"id":"a","v":"\x"}"#, #"{"id":"a","v":"\u12g4"}"#,
    "{\"id\":\"a\tb\"}",
    "{\"id\":\"a\u{1}\"}", #"{,"id":"a"}"#, #"{'id':'a'}"#, #"{"id":"a"/**/}"#,
    "\u{feff}{\"id\":\"a\"}",
    "{\"id\":\"a\u{0}\"}", "{\"id\":\u{a0}\"a\"}",
  ])
  func `what is no JSON is refused`(line: String) {
    let why = id(line)
    let isObject = line.drop { " \t".contains($0) }.hasPrefix("{")
    #expect(
      isObject ? why.hasPrefix("- it is no JSON: at byte ") : why == "- it is not a JSON object",
      "\(why)")
  }

  @Test(
    arguments: [
      [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xc3],
    ] as [[UInt8]])
  func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
    let line = Array("{\"id\":\"a\",\"v\":\"".utf8) + bytes + Array("\"}".utf8)
    #expect(id(line) == "- it is no JSON: at byte 16: a byte is not UTF-8")
  }

  @Test(arguments: [
    (#"{"id":"a","id":"b"}"#, "- it is no JSON: at byte 16: id is there twice"),
    (#"{"id":1,"\u0069\u0064":1}"#, "- it is no JSON: at byte 24: id is there twice"),
    (#"{"id":1.0}"#, "- it has no text or whole number at id"),
    (#"{"id":1.0000000000000000001}"#, "- it has no text or whole number at id"),
    (#"{"id":1e3}"#, "- it has no text or whole number at id"),
    (#"{"id":null}"#, "- it has no text or whole number at id"),
    (#"{"id":["a"]}"#, "- it has no text or whole number at id"),
    (#"{"ID":"a"}"#, "- it has no text or whole number at id"),
    ("{}", "- it has no text or whole number at id"),
    (#"{"id":"\ud800x"}"#, "- the text at id has half of a surrogate pair"),
    (#"{"id":"\udc00"}"#, "- the text at id has half of a surrogate pair"),
  ])
  func `an object without one id is refused, and says why`(line: String, why: String) {
    #expect(id(line) == why)
  }

  @Test func `values nest as deep as is said, and no deeper`() {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      "{\"id\":\"a\",\"v\":" + String(repeating: open, count: depth) + "1"
        + String(repeating: close, count: depth) + "}"
    }
    for (open, close) in [("[", "]"), ("{\"v\":", "}")] {
      #expect(id(nested(510, open, close)) == "a")
      #expect(id(nested(511, open, close)).contains("values nest over 512 deep"))
      #expect(id(nested(200_000, open, close)).contains("values nest over 512 deep"))
    }
  }

  /// Against Python's reader, which is strict but for three words that are no JSON.
  @Test func `made and mutated lines are taken exactly when Python takes them`() throws {
    let shell = try Shell()
    guard try shell.run("python3 --version").status == 0 else { return }
    var random = SeededRandom()
    print("JSON lines: seed \(random.seed)")
    let lines = (0..<20_000).map { _ in Self.line(&random) }
    try Data(lines.map { $0 + [UInt8(ascii: "\n")] }.joined()).write(
      to: URL(filePath: shell.directory + "/lines"))
    let judge = #"""
      import json, sys
      def no(word): raise ValueError(word)
      for line in open("lines", "rb").read().split(b"\n")[:-1]:
          try: print(int(isinstance(json.loads(line.decode("utf-8"), parse_constant=no), dict)))
          except ValueError: print(0)
      """#
    try judge.write(toFile: shell.directory + "/judge.py", atomically: true, encoding: .utf8)
    let verdicts = try shell.run("python3 judge.py").output.split(separator: "\n").map { $0 == "1" }
    try #require(verdicts.count == lines.count)
    for (line, isValid) in zip(lines, verdicts) {
      let isTaken = id(line, "no such name").hasPrefix("- it has no text")
      #expect(isTaken == isValid, "\(String(decoding: line, as: UTF8.self))")
    }
    #expect(verdicts.count { $0 } > 5_000 && verdicts.count { !$0 } > 3_000)
  }

  /// An object on one line, most of them damaged.
  private static func line(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(object(&random, depth: 0).utf8)
    guard random.happens(60) else { return bytes }
    for _ in 0..<random.number(1...2) {
      let place = random.number(0...bytes.count - 1)
      switch random.number(0...2) {
      case 0 where bytes.count > 1: bytes.remove(at: place)
      case 1:
        bytes[place] = "{}[]\",:0123456789.eE+-\\u tfn\u{1}\u{e9}".utf8.randomElement(
          using: &random)!
      default: bytes.insert("{}[]\",:01e.-\\ ".utf8.randomElement(using: &random)!, at: place)
      }
    }
    return bytes
  }

  private static func object(_ random: inout SeededRandom, depth: Int) -> String {
    let members = (0..<random.number(0...3)).map { index in
      "\"k\(index)\"\(space(&random)):\(value(&random, depth: depth + 1))"
    }
    return "{\(space(&random))" + members.joined(separator: "\(space(&random)),") + "}"
  }

  private static func value(_ random: inout SeededRandom, depth: Int) -> String {
    switch random.number(0...(depth > 4 ? 4 : 6)) {
    case 0: return ["true", "false", "null"].randomElement(using: &random)!
    case 1:
      return ["0", "-0", "12", "-7", "1.5", "0.25", "1e3", "1E-2"].randomElement(using: &random)!
    case 2: return "\"plain \(random.number(0...99))\""
    case 3: return #""\n\t\"\\é€😀""#
    case 4: return "\"\""
    case 5:
      let parts = (0..<random.number(0...3)).map { _ in value(&random, depth: depth + 1) }
      return "[\(parts.joined(separator: ","))]"
    default: return object(&random, depth: depth)
    }
  }

  private static func space(_ random: inout SeededRandom) -> String {
    ["", "", " ", "\t", "\r"].randomElement(using: &random)!
  }
}
