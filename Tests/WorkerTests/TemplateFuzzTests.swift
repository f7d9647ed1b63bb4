import QueueCore
import QueueTestKit
import Testing
import Worker

/// Any words with any places in them, and any id.
@Suite struct TemplateFuzzTests {
  @Test func `every word is kept, and the id is in one of them`() throws {
    var fuzz = Fuzz("templates", rounds: 20_000)
    for _ in 0..<fuzz.rounds {
      let words =
        [Array("h".utf8)]
        + (0..<Int.random(in: 0...4, using: &fuzz.random)).map { _ in
          fuzz.bytes(0...12, of: "{}{}./#%12")
        }
      let id = fuzz.bytes(1...20, of: "/.a").map { $0 == 0 ? 1 : $0 }
      let payload = Bool.random(using: &fuzz.random) ? fuzz.bytes(0...20, of: "\t\t") : nil
      let values = HandlerTemplate.Values(
        ids: [ItemID(unchecked: id)], payload: payload, ordinal: 7, slot: 2)
      for hasColumns in [false, true] {
        let template = HandlerTemplate(words, hasColumns: hasColumns)
        guard let line = try? template.commandLine(values) else {
          // Only a column can be missing.
          #expect(hasColumns)
          continue
        }
        #expect(line[0] == words[0])
        let isAppended = line.count == words.count + 1
        #expect(line.count == words.count || (isAppended && line.last == id))
        for (word, filled) in zip(words, line) where !word.contains(UInt8(ascii: "{")) {
          #expect(word == filled)
        }
        if words.contains(Array("{}".utf8)) { #expect(line.contains(id)) }
      }
    }
  }
}
