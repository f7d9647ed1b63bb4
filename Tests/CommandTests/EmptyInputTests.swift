import QueueTestKit
import Testing

/// q-enqueue with nothing to enqueue, and with what editors leave in a file.
@Suite struct EmptyInputTests {
  @Test(
    arguments: ["", "-0", "--tsv", "--jsonl --id-key id"],
    [": |", #"printf '\n\n' |"#, #"printf ' \t\r\n' |"#, "cat none |", ""])
  func `an enqueue of nothing makes the queue, and the day goes on`(form: String, input: String)
    throws
  {
    // What is blank is an id in some forms.
    guard
      !input.contains("printf") || form.contains("json") || form == "--tsv" && !input.contains(" ")
    else { return }
    let shell = try Shell()
    let said = try shell.run(
      """
      : > none; \(input) q-enqueue --quiet \(form) \(input.isEmpty ? "none" : ""); echo $?
      q-wait --quiet < /dev/null; echo $?; q-work --quiet -- true; echo $?
      q-stats | awk '{ print $2 }' | head -n 6 | sort -u; q-list; echo $?
      """)
    #expect(said.output == "0\n0\n0\n0\n0\n", "\(said)")
  }

  @Test func `an input that says nothing for a while makes the queue`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      mkfifo pipe; q-enqueue --quiet < pipe & exec 3> pipe
      until q-stats > /dev/null 2>&1; do sleep 0.02; done; q-work --quiet -- true; echo $?
      exec 3>&-; wait $!; echo $?
      """, within: 20)
    #expect(said.output == "0\n0\n", "\(said)")
  }

  @Test(arguments: [
    ("Files with odd names", ":"), ("Shards", ": > ids.txt"),
    ("Overlapping cron runs", "mkdir inbox"), ("One command on many hosts", ": > hosts.txt"),
    ("Payloads", ": > orders.jsonl"), ("Publish when all is done", ": > more.txt"),
    ("One stage feeds the next", ": | q-enqueue --quiet --queue crawl"),
    ("Retry what failed for one reason", ": | q-enqueue --quiet"),
    ("Nine minutes at a time", ": | q-enqueue --quiet"), ("Ten first", ": | q-enqueue --quiet"),
    ("Slow down when told to", ": | q-enqueue --quiet"),
    ("Answers in the order of the questions", ": | q-enqueue --quiet"),
    ("No more than the server bears", ": | q-enqueue --quiet"),
  ])
  func `a recipe has nothing to do on an empty day, and does it`(title: String, before: String)
    throws
  {
    let recipe = try #require(try CookbookTests.recipes()[title])
    let shell = try Shell()
    let said = try shell.run(
      """
      for name in handler publish links; do printf '#!/bin/sh\\n' > $name.sh; chmod +x $name.sh; done
      \(before)
      \(recipe)
      """)
    #expect(said.status == 0 && !said.error.contains(": no "), "\(said)")
  }

  @Test func `a queue is there also when every line is bad`() throws {
    let shell = try Shell()
    #expect(try shell.run("echo '{' | q-enqueue --jsonl --id-key id").status == 65)
    #expect(try shell.run("q-stats | tail -1").output == "total      0\n")
  }

  private static let removal = #"sed 's/^\xEF\xBB\xBF//' removes it"#

  @Test(arguments: ["", "--tsv", "-0"])
  func `a byte order mark is kept, and said once`(form: String) throws {
    let shell = try Shell()
    let end = form == "-0" ? #"\0"# : #"\n"#
    try shell.run(#"for name in 1 2; do printf "\357\273\277$name\#(end)" > $name; done"#)
    #expect(
      try shell.says("q-enqueue --quiet \(form) 1 2") == """
        q-enqueue: 1 begins with a byte order mark, which is kept as part of the first id, as in all files: \
        \(Self.removal)
        => 0
        """)
    #expect(
      try shell.run("q-list | od -An -tx1 | tr -d ' '").output == "efbbbf310aefbbbf320a\n")
    // Who looks for the id without it sees why it is not there.
    #expect(
      try shell.run(#"printf '\357\273\277x\n' | q-remove"#).error.contains(
        #"no such item: \xef\xbb\xbfx"#))
    let cured = try shell.run(#"cat 1 2 | sed 's/^\xEF\xBB\xBF//' | od -An -tx1 | tr -d ' '"#)
    #expect(form == "-0" || cured.output == "310a320a\n")
  }

  @Test func `a byte order mark and UTF-16 are no JSON, and named`() throws {
    let shell = try Shell()
    let enqueue = "q-enqueue --quiet --jsonl --id-key id"
    let marked = try shell.run(
      #"printf '{"id":"i"}\n\357\273\277{"id":"j"}\n{"id":"k"}\n' | \#(enqueue)"#)
    #expect(marked.status == 65)
    #expect(
      marked.error.contains(
        "bad line: standard input: line 2, byte 1: a byte order mark is no JSON: \(Self.removal)\n")
    )
    for coding in ["UTF-16", "UTF-16LE", "UTF-16BE"] {
      let wide = try shell.run(#"printf '{"id":"u"}\n' | iconv -t \#(coding) | \#(enqueue)"#)
      #expect(wide.status == 65)
      #expect(
        wide.error.contains("looks like UTF-16: iconv -f UTF-16 -t UTF-8 makes it UTF-8\n"),
        "\(wide)")
    }
    #expect(try shell.run("q-list").output == "i\nk\n")
  }

  @Test func `CR is said once, with its place, and is a blank in JSON`() throws {
    let shell = try Shell()
    #expect(
      try shell.says(
        #"printf '{"id":"r"}\n\r\n{"id":"s"}\r\n' | q-enqueue --jsonl --id-key id -s s 2>&1 | tail -n 2"#
      )
        == """
        q-enqueue: standard input: line 2 ends in CR, which is kept, as on all lines: tr -d '\\r' removes it
        2 enqueued, 0 duplicates, 1 empty line
        => 0
        """)
  }
}
