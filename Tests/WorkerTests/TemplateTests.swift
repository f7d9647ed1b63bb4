import QueueCore
import Testing
import Worker

@Suite struct TemplateTests {
  private func words(_ line: String) -> [[UInt8]] {
    line.split(separator: " ").map { Array($0.utf8) }
  }

  private func filled(
    _ line: String, id: String, payload: String? = nil, hasColumns: Bool = false
  ) throws -> String {
    let values = HandlerTemplate.Values(
      ids: [ItemID(unchecked: Array(id.utf8))], payload: payload.map { Array($0.utf8) }, ordinal: 7,
      slot: 2)
    let words = try HandlerTemplate(words(line), hasColumns: hasColumns).commandLine(values)
    return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
  }

  @Test(arguments: [
    ("echo", "echo|a/b.c.d"), ("echo x", "echo|x|a/b.c.d"), ("echo {} {}", "echo|a/b.c.d|a/b.c.d"),
    ("echo x{}y{}z", "echo|xa/b.c.dya/b.c.dz"), ("echo {.}", "echo|a/b.c"),
    ("echo {/}", "echo|b.c.d"), ("echo {//}", "echo|a"), ("echo {/.}", "echo|b.c"),
    ("echo {#}-{%}", "echo|7-2"), ("echo {{}}", "echo|{a/b.c.d}"), ("echo {1}", "echo|{1}|a/b.c.d"),
    ("echo {x}", "echo|{x}|a/b.c.d"), ("echo {", "echo|{|a/b.c.d"), ("{} x", "{}|x|a/b.c.d"),
    ("echo {}.{//}/{/.}", "echo|a/b.c.d.a/b.c"),
  ])
  func `places are filled as GNU parallel fills them`(line: String, expected: String) throws {
    #expect(try filled(line, id: "a/b.c.d") == expected)
  }

  /// What `parallel echo '{.} {/} {//} {/.}'` says of these ids.
  @Test(arguments: [
    ("foo", "foo|foo|.|foo"), ("foo.tar.gz", "foo.tar|foo.tar.gz|.|foo.tar"),
    ("sub.dir/bar", "sub.dir/bar|bar|sub.dir|bar"), ("/a", "/a|a|/|a"), ("/", "/||/|"),
    (".rc", "|.rc|.|"), ("a.", "a|a.|.|a"), ("a/b/", "a/b/||a|"), ("a//b", "a//b|b|a|b"),
    ("//x", "//x|x|/|x"),
  ])
  func `parts of paths are those of GNU parallel and dirname`(id: String, expected: String) throws {
    #expect(try filled("e {.} {/} {//} {/.}", id: id) == "e|" + expected)
  }

  @Test func `columns of the payload are filled, and one that is missing is an error`() throws {
    #expect(
      try filled("cp {1} {2}/{}", id: "i", payload: "a\tb", hasColumns: true) == "cp|a|b/i")
    #expect(try filled("cp {2}", id: "i", payload: "a\t", hasColumns: true) == "cp|")
    let short = #expect(throws: HandlerTemplate.MissingColumn.self) {
      try filled("cp {3}", id: "i", payload: "a\tb", hasColumns: true)
    }
    #expect(short?.message == "no column {3}: the payload has 2")
    let none = #expect(throws: HandlerTemplate.MissingColumn.self) {
      try filled("cp {1}", id: "i", hasColumns: true)
    }
    #expect(none?.message == "no column {1}: the payload has none")
  }

  @Test(arguments: [
    "sh -c rm_{}", "/bin/bash -o pipefail -c -e {}", "bash -lc {/.}", "env A=1 nice -n 5 sh -c {}",
    "timeout 5 dash -c x{#}",
  ])
  func `an id that a shell would run as code is seen`(line: String) {
    #expect(ShellInjection.isPossible(in: words(line)))
  }

  @Test(arguments: [
    "sh -c rm_$1 sh {}", "echo -c {}", "sh script {}", "grep bash -c {}", "sh -c {1}",
    "env echo {}",
  ])
  func `an id that is an argument is none`(line: String) {
    #expect(!ShellInjection.isPossible(in: words(line)))
    #expect(ShellInjection.isPossible(in: words("sh -c {1}"), hasColumns: true))
  }

  @Test func `words are quoted for a shell where they have to be`() {
    let all: [[UInt8]] = [
      Array("plain-1.0/x".utf8), [], Array("it's $HOME".utf8), Array("é".utf8),
      Array("a\nb\u{1}2".utf8),
      [0xff, UInt8(ascii: "'")],
    ]
    #expect(
      String(decoding: ShellWords.quoted(all), as: UTF8.self)
        == #"plain-1.0/x '' 'it'\''s $HOME' 'é' $'a\nb\0012' $'\377\''"#)
  }
}
