import JSONText
import Testing

@testable import QueueCommands

/// What q-enqueue takes for a line of JSON, and which id it finds there.
@Suite struct JSONLinesTests {
  private func id(_ line: String, _ key: String = "id") -> String {
    id(Array(line.utf8), key)
  }

  private func id(_ line: [UInt8], _ key: String = "id") -> String {
    line.withUnsafeBytes { bytes in
      do throws(JSONScanner.Invalid) {
        return String(decoding: try ObjectID(key).find(in: bytes), as: UTF8.self)
      } catch {
        return "- \(error.column): \(error.what)"
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
    (#"{"\ud83d\ude00":"\uD834\uDD1E","id":"\uFFFF"}"#, "\u{ffff}"),
  ])
  func `the id of an object is its text, or its own digits`(line: String, expected: String) {
    #expect(id(line) == expected)
  }

  @Test(arguments: [
    (#"{"id":"a",}"#, "11: a name in quotes is missing"),
    (#"{,"id":"a"}"#, "2: a name in quotes is missing"),
    (#"{id:"a"}"#, "2: a name in quotes is missing"),
    (#"{'id':'a'}"#, "2: a name in quotes is missing"), (#"{"id" "a"}"#, "7: a colon is missing"),
    (#"{"id":"a","v":01}"#, "16: a number begins with 0"),
    (#"{"id":"a","v":-01}"#, "17: a number begins with 0"),
    (#"{"id":00}"#, "8: a number begins with 0"),
    (#"{"id":"a","v":1.}"#, "17: a digit is missing"),
    (#"{"id":"a","v":1e}"#, "17: a digit is missing"),
    (#"{"id":"a","v":1e+}"#, "18: a digit is missing"), (#"{"id":-}"#, "8: a digit is missing"),
    (#"{"id":"a","v":+1}"#, "15: there is no value"),
    (#"{"id":"a","v":.5}"#, "15: there is no value"),
    (#"{"id":"a","v":NaN}"#, "15: there is no value"),
    (#"{"id":"a","v":tru}"#, "15: there is no value"),
    (#"{"id":"a","v":[1,]}"#, "18: there is no value"),
    ("{\"id\":\u{a0}\"a\"}", "7: there is no value"),
    (#"{"id":"a"} {}"#, "12: something stands behind the object"),
    (#"{"id":"a"}x"#, "11: something stands behind the object"),
    (#"{"id":"a""#, "10: a comma or } is missing"),
    (#"{"id":"a"/**/}"#, "10: a comma or } is missing"),
    (#"{"id":"a","v":[1 2]}"#, "18: a comma or ] is missing"),
    (#"{"id":"a"#, "9: a string does not end"),
    (#"{"id":"a\"#, "10: a string does not end"),
    (#"{"id":"a","v":"\x"}"#, "17: there is no such escape"),
    (#"{"id":"a","v":"\u12g4"}"#, #"20: \u has four digits"#),
    ("{\"id\":\"a\tb\"}", "9: a control character stands in a string"),
    ("{\"id\":\"a\u{0}\"}", "9: a control character stands in a string"),
    (#"{"id":"a","v":"\ud800"}"#, "16: half of a surrogate pair"),
    (#"{"id":"a","v":"x\ud800\u0041"}"#, "17: half of a surrogate pair"),
    (#"{"id":"a","\udc00\ud800":1}"#, "12: half of a surrogate pair"),
    (#"{"id":"\ud800x"}"#, "8: half of a surrogate pair"),
    (#"{"id":"a","v":"\ud800\ud800\udc00"}"#, "16: half of a surrogate pair"),
    (#"["id"]"#, "1: it is not a JSON object"), (#""id""#, "1: it is not a JSON object"),
    ("", "1: it is not a JSON object"), (" nul", "2: it is not a JSON object"),
    (
      "\u{feff}{\"id\":\"a\"}",
      #"1: a byte order mark is no JSON: sed 's/^\xEF\xBB\xBF//' removes it"#
    ),
  ])
  func `what is no JSON is refused, and where`(line: String, why: String) {
    #expect(id(line) == "- \(why)")
  }

  @Test(
    arguments: [
      [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xc3],
    ] as [[UInt8]])
  func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
    let line = Array("{\"id\":\"a\",\"v\":\"".utf8) + bytes + Array("\"}".utf8)
    #expect(id(line) == "- 16: a byte is not UTF-8")
    #expect(id(Array(line.dropLast(2))).hasPrefix("- 16: a byte is not UTF-8"))
  }

  @Test(arguments: [
    (#"{"id":"a","id":"b"}"#, "11: id is there twice"),
    (#"{"id":1,"\u0069\u0064":1}"#, "9: id is there twice"),
    (#"{"id":1.0}"#, "7: the number at id is not a whole one, written as such"),
    (#"{"id":1.0000000000000000001}"#, "7: the number at id is not a whole one, written as such"),
    (#"{"id":1e3}"#, "7: the number at id is not a whole one, written as such"),
    (#"{"id":null}"#, "7: what is at id is neither text nor a whole number"),
    (#"{"id":["a"]}"#, "7: what is at id is neither text nor a whole number"),
    (#" {"ID":"a"}"#, "2: the object has no id"), ("{}", "1: the object has no id"),
  ])
  func `an object without one id is refused, and says why`(line: String, why: String) {
    #expect(id(line) == "- \(why)")
  }

  @Test func `values nest as deep as is said, and no deeper`() {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      "{\"id\":\"a\",\"v\":" + String(repeating: open, count: depth) + "1"
        + String(repeating: close, count: depth) + "}"
    }
    for (open, close) in [("[", "]"), ("{\"v\":", "}")] {
      #expect(id(nested(510, open, close)) == "a")
      #expect(id(nested(511, open, close)).contains("nested too deep: over 512 values"))
      #expect(id(nested(200_000, open, close)).contains("nested too deep: over 512 values"))
    }
  }
}
