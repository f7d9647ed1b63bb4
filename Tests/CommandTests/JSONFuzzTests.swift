import Foundation
import JSONText
import QueueTestKit
import Testing

@testable import QueueCommands

/// Lines of JSON that are made at random, whole and damaged.
@Suite struct JSONFuzzTests {
  private func refusal(_ line: [UInt8]) -> String? {
    line.withUnsafeBytes { bytes in
      do throws(JSONScanner.Invalid) {
        _ = try ObjectID("id").find(in: bytes)
        return nil
      } catch {
        return "\(error.column): \(error.what)"
      }
    }
  }

  @Test func `every object that is made by the grammar is taken`() {
    var fuzz = Fuzz("whole lines of JSON", rounds: 4_000)
    for _ in 0..<fuzz.rounds {
      let line = JSONMaker.line(&fuzz)
      let why = refusal(line)
      #expect(why == nil, "\(why ?? "") in \(String(decoding: line, as: UTF8.self))")
      let end = line.lastIndex(of: UInt8(ascii: "}")) ?? 0
      let cut = line.prefix(.random(in: 0...end, using: &fuzz.random))
      #expect(refusal(Array(cut)) != nil, "\(String(decoding: cut, as: UTF8.self))")
    }
  }

  /// Python's reader is strict but for three words that are no JSON; half surrogate pairs, which it takes,
  /// it cannot write.
  @Test func `damaged lines are taken exactly when Python takes them`() throws {
    let shell = try Shell()
    guard try shell.run("python3 --version").status == 0 else { return }
    var fuzz = Fuzz("damaged lines of JSON", rounds: 10_000)
    let lines = (0..<fuzz.rounds).map { _ in
      JSONMaker.damaged(JSONMaker.line(&fuzz), &fuzz).filter { $0 != UInt8(ascii: "\n") }
    }
    try Data(lines.map { $0 + [UInt8(ascii: "\n")] }.joined()).write(
      to: URL(filePath: shell.directory + "/lines"))
    let judge = #"""
      import json, re, sys
      sys.setrecursionlimit(20_000)
      getattr(sys, "set_int_max_str_digits", int)(0)
      def no(word): raise ValueError(word)
      def members(pairs):
          return [v for k, v in pairs if k == "id"], [(k, v) for k, v in pairs if k != "id"]
      def judge(line):
          text = line.decode("utf-8")
          if not re.match(r"[ \t\r]*\{", text): return "no"
          whole = json.loads(text, parse_constant=no, object_pairs_hook=members,
                             parse_float=lambda text: ("float", text))
          json.dumps(whole, ensure_ascii=False).encode("utf-8")
          ids = whole[0]
          good = len(ids) == 1 and type(ids[0]) in (str, int)
          return "yes" if good else "other"
      for line in open("lines", "rb").read().split(b"\n")[:-1]:
          try: print(judge(line))
          except ValueError: print("no")
      """#
    try judge.write(toFile: shell.directory + "/judge.py", atomically: true, encoding: .utf8)
    let result = try shell.run("python3 judge.py")
    let verdicts = result.output.split(separator: "\n")
    try #require(verdicts.count == lines.count, "\(result.error)")
    let aboutID = ["there twice", "the object has no id", "not a whole one", "neither text nor"]
    for (line, verdict) in zip(lines, verdicts) {
      let why = refusal(line)
      let isValid = why.map { why in aboutID.contains { why.contains($0) } } ?? true
      let told = why == nil ? "yes" : isValid ? "other" : "no"
      // What is wrong with an id is said before what is wrong behind it.
      #expect(
        told == verdict || told == "other" && verdict == "no",
        "\(verdict): \(why ?? "taken"): \(String(decoding: line, as: UTF8.self))")
    }
    for verdict in ["yes", "no"] { #expect(verdicts.count { $0 == verdict } > fuzz.rounds / 10) }
  }
}

/// Makes objects by RFC 8259: every kind of value, escape, number, blank and depth.
private enum JSONMaker {
  static func line(_ fuzz: inout Fuzz) -> [UInt8] {
    var members = (0..<fuzz.number(0...3)).map { _ in member(name(&fuzz), &fuzz, depth: 1) }
    let key = fuzz.one(of: ["\"id\"", "\"id\"", #""\u0069d""#, #""\u0069\u0064""#])
    let id = fuzz.one(of: [string(&fuzz), string(&fuzz), whole(&fuzz)])
    members.insert(key + blank(&fuzz) + ":" + blank(&fuzz) + id, at: fuzz.number(0...members.count))
    var line = blank(&fuzz) + "{" + members.joined(separator: ",") + "}" + blank(&fuzz)
    if fuzz.number(0...99) == 0 {
      let depth = fuzz.number(1...511)
      let nest = fuzz.one(of: [("[", "]"), (#"{"":"#, "}")])
      line.replace(
        "{",
        with: #"{"deep":"# + String(repeating: nest.0, count: depth - 1) + "[]"
          + String(repeating: nest.1, count: depth - 1) + ",", maxReplacements: 1)
    }
    return Array(line.utf8)
  }

  private static func member(_ name: String, _ fuzz: inout Fuzz, depth: Int) -> String {
    blank(&fuzz) + name + blank(&fuzz) + ":" + blank(&fuzz) + value(&fuzz, depth: depth + 1)
      + blank(&fuzz)
  }

  /// No name that could be the id's.
  private static func name(_ fuzz: inout Fuzz) -> String { "\"_" + string(&fuzz).dropFirst() }

  private static func value(_ fuzz: inout Fuzz, depth: Int) -> String {
    switch fuzz.number(0...(depth > 5 ? 5 : 9)) {
    case 0: fuzz.one(of: ["true", "false", "null"])
    case 1, 2: number(&fuzz)
    case 3...5: string(&fuzz)
    case 6, 7:
      "[" + blank(&fuzz)
        + (0..<fuzz.number(0...3)).map { _ in value(&fuzz, depth: depth + 1) + blank(&fuzz) }
        .joined(separator: ",") + "]"
    default:
      "{" + blank(&fuzz)
        + (0..<fuzz.number(0...3)).map { _ in
          member(fuzz.one(of: ["\"id\"", name(&fuzz)]), &fuzz, depth: depth)
        }
        .joined(separator: ",") + "}"
    }
  }

  private static func whole(_ fuzz: inout Fuzz) -> String {
    let sign = fuzz.one(of: ["", "", "-"])
    if fuzz.number(0...4) == 0 { return sign + "0" }
    return sign + "\(fuzz.number(1...9))" + digits(&fuzz, 0...fuzz.one(of: [3, 25]))
  }

  private static func number(_ fuzz: inout Fuzz) -> String {
    var text = whole(&fuzz)
    if fuzz.number(0...1) == 0 { text += "." + digits(&fuzz, 1...4) }
    if fuzz.number(0...2) == 0 {
      text += fuzz.one(of: ["e", "E"]) + fuzz.one(of: ["", "+", "-"]) + digits(&fuzz, 1...3)
    }
    return text
  }

  private static func digits(_ fuzz: inout Fuzz, _ count: ClosedRange<Int>) -> String {
    (0..<fuzz.number(count)).map { _ in "\(fuzz.number(0...9))" }.joined()
  }

  private static func string(_ fuzz: inout Fuzz) -> String {
    let characters = (0..<fuzz.number(1...8)).map { _ in
      switch fuzz.number(0...5) {
      case 0: #"\"# + fuzz.one(of: ["\"", "\\", "/", "b", "f", "n", "r", "t"])
      case 1: escape(UInt16(fuzz.one(of: [0x20, 0x22, 0x7f, 0xe9, 0xd7ff, 0xe000, 0xffff])), &fuzz)
      case 2:
        escape(UInt16(fuzz.number(0xd800...0xdbff)), &fuzz)
          + escape(UInt16(fuzz.number(0xdc00...0xdfff)), &fuzz)
      case 3:
        fuzz.one(of: ["\u{7f}", "é", "߿", "\u{800}", "\u{d7ff}", "\u{ffff}", "😀", "\u{10ffff}"])
      default: fuzz.one(of: ["a", "Z", "0", " ", "{", "]", ":", ",", "'", "-"])
      }
    }
    return "\"" + characters.joined() + "\""
  }

  private static func escape(_ unit: UInt16, _ fuzz: inout Fuzz) -> String {
    let digits = String(unit, radix: 16, uppercase: fuzz.number(0...1) == 0)
    return #"\u"# + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  private static func blank(_ fuzz: inout Fuzz) -> String {
    fuzz.one(of: ["", "", "", " ", "\t", "\r", " \t "])
  }

  /// The line with a byte or two removed, changed, put in, or a piece of it doubled.
  static func damaged(_ line: [UInt8], _ fuzz: inout Fuzz) -> [UInt8] {
    var line = line
    let likely = Array("{}[]\",:0123456789.eE+-\\u tfn'/dD8cC\u{1}\u{7f}\u{e9}".utf8)
    for _ in 0..<fuzz.number(1...2) where line.count > 1 {
      let place = fuzz.number(0...line.count - 1)
      switch fuzz.number(0...4) {
      case 0: line.remove(at: place)
      case 1: line[place] = fuzz.one(of: likely)
      case 2: line.insert(fuzz.one(of: likely), at: place)
      case 3: line[place] = UInt8(fuzz.number(0...255))
      default: line.insert(contentsOf: line[place...].prefix(fuzz.number(1...9)), at: place)
      }
    }
    return line
  }
}

extension Fuzz {
  fileprivate mutating func number(_ range: ClosedRange<Int>) -> Int {
    .random(in: range, using: &random)
  }
}
