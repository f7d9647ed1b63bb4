import QueueTestKit
import Testing

/// q-enqueue with nothing to enqueue, and with what editors leave in a file.
@Suite struct EmptyInputTests {
  @Test(arguments: [
    ": |", "printf '\\n\\n' |", "printf '\\r\\n' |", ": > none;",
  ])
  func `an enqueue of nothing makes the queue, and the day goes on`(input: String) throws {
    let shell = try Shell()
    for form in ["", "-0", "--tsv", "--jsonl --id-key id"] {
      let file = input.hasSuffix(";") ? " none" : ""
      let queue = "q" + form.filter(\.isLetter)
      let said = try shell.run(
        """
        export Q_QUEUE=\(queue); \(input) q-enqueue --quiet \(form)\(file) && q-wait --quiet --timeout 9s \
          < /dev/null; echo $?
        q-work --quiet -- true && q-stats | awk '{ print $2 }' | head -n 6 | sort -u
        """)
      let isLine =
        input.contains("\\r") && !form.contains("json") || input.contains("\\n\\n") && form == "-0"
      guard !isLine else { continue }
      #expect(said.output == "0\n0\n", "\(form) \(input): \(said)")
    }
  }

  @Test func `a queue is there also when every line is bad`() throws {
    let shell = try Shell()
    #expect(try shell.run("echo '{' | q-enqueue --jsonl --id-key id").status == 65)
    #expect(try shell.run("q-stats | tail -1").output == "total      0\n")
  }

  @Test func `a byte order mark and UTF-16 are named`() throws {
    let shell = try Shell()
    let said = try shell.run(
      #"""
      printf '\357\273\277a\nb\n' | q-enqueue; q-list | head -n 1 | od -An -c | tr -d ' '
      printf '\357\273\277{"id":"j"}\n{"id":"k"}\n' | q-enqueue --jsonl --id-key id
      printf '{"id":"u"}\n' | iconv -t UTF-16 | q-enqueue --jsonl --id-key id
      printf '{"id":"r"}\r\n\r\n' | q-enqueue --jsonl --id-key id
      """#)
    #expect(said.output == "357273277a\\n\n", "\(said)")
    let lines = said.error.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.contains("begins with a byte order mark, which is kept") })
    #expect(lines.contains { $0.contains("byte order mark, which is no JSON") })
    #expect(lines.contains { $0.contains("looks like UTF-16: iconv -f UTF-16 -t UTF-8") })
    #expect(lines.count { $0.contains("ends in CR") } == 1, "\(said.error)")
    #expect(lines.last == "1 enqueued, 0 duplicates, 1 empty line", "\(said.error)")
  }
}
