import Testing

@Suite struct EnqueueTests {
  @Test func `lines go in once and the summary counts them`() throws {
    let shell = try Shell()
    #expect(
      try shell.says(#"printf 'a\nb\na\n\nc' | q-enqueue"#) == """
        q-enqueue: made a new store: DIR/.q
        3 enqueued, 1 duplicate, 1 empty line
        => 0
        """)
    #expect(
      try shell.says(#"printf 'c\nd\n' | q-enqueue"#) == """
        1 enqueued, 1 duplicate
        => 0
        """)
    #expect(try shell.run("q-stats | grep total").output == "total      4\n")
  }

  @Test func `several files are read in order, and - is standard input`() throws {
    let shell = try Shell()
    try shell.run("echo one > 1; echo three > 3")
    #expect(try shell.run("echo two | q-enqueue --quiet 1 - 3").status == 0)
    #expect(try shell.run("q-work -j1 --quiet echo").output == "one\ntwo\nthree\n")
  }

  @Test func `bad lines are named, skipped and make the status 65`() throws {
    let shell = try Shell()
    #expect(
      try shell.says(
        #"{ printf 'good\nwith\0nul\n'; head -c 65536 /dev/zero | tr '\0' x; echo; echo fine; } "#
          + "| q-enqueue -s s") == """
          q-enqueue: made a new store: DIR/s
          q-enqueue: bad line: standard input: line 2: its id contains NUL
          q-enqueue: bad line: standard input: line 3: it is over 65,535 bytes
          2 enqueued, 0 duplicates, 2 bad lines
          q-enqueue: 2 bad lines skipped
          => 65
          """)
    #expect(
      try shell.run("head -c 65535 /dev/zero | tr '\\0' x | q-enqueue -s s").status == 0)
  }

  @Test func `JSON lines are payloads with their id at a key`() throws {
    let shell = try Shell()
    let lines = #"{"u":"a","n":1}\n{"u":7}\n[1]\nnonsense\n{"n":1}\n{"u":null}\n"#
    #expect(
      try shell.says("printf '\(lines)' | q-enqueue --jsonl --id-key u") == """
        q-enqueue: made a new store: DIR/.q
        q-enqueue: bad line: standard input: line 3, byte 1: it is not a JSON object
        q-enqueue: bad line: standard input: line 4, byte 1: it is not a JSON object
        q-enqueue: bad line: standard input: line 5, byte 1: the object has no u
        q-enqueue: bad line: standard input: line 6, byte 6: what is at u is neither text nor a whole number
        2 enqueued, 0 duplicates, 4 bad lines
        q-enqueue: 4 bad lines skipped
        => 65
        """)
    #expect(
      try shell.run(#"q-work -j1 --quiet -- sh -c 'printf "%s " "$1"; cat; echo' sh"#).output
        == "a {\"u\":\"a\",\"n\":1}\n7 {\"u\":7}\n")
  }

  @Test func `ids of JSON lines are held to what ids of lines are`() throws {
    let shell = try Shell()
    let lines = #"{"u":""}\n{"u":"a\\u0000"}\n{"u":"%065536d"}\n{"u":"%065535d"}\n{"u":%065535d}\n"#
    #expect(
      try shell.says(
        "printf '\(lines)' 7 7 7 | sed 's/:0/:1/' | q-enqueue --jsonl --id-key u --quiet") == """
          q-enqueue: bad line: standard input: line 1: its id is empty
          q-enqueue: bad line: standard input: line 2: its id contains NUL
          q-enqueue: bad line: standard input: line 3: its id is over 65,535 bytes
          q-enqueue: 3 bad lines skipped
          => 65
          """)
    #expect(try shell.run("q-stats | grep total").output == "total      2\n")
  }

  @Test(arguments: ["--tsv", "--jsonl --id-key u"])
  func `a payload may be as long as is said, and what is longer is told what to do`(form: String)
    throws
  {
    let shell = try Shell()
    let (before, after) = form == "--tsv" ? ("a\\t", "") : (#"{"u":"a","v":""#, #""}"#)
    let around = form == "--tsv" ? 0 : before.utf8.count + after.utf8.count
    for (name, more) in [("fits", 0), ("over", 1)] {
      try shell.run(
        "{ printf '\(before)'; head -c \((16 << 20) - around + more) /dev/zero | tr '\\0' x; "
          + "echo '\(after)'; } > \(name)")
    }
    #expect(try shell.says("q-enqueue --quiet \(form) fits") == "=> 0")
    #expect(try shell.run("q-work --quiet -- sh -c 'wc -c' sh").output == "16777216\n")
    #expect(
      try shell.says("q-enqueue --quiet \(form) over") == """
        q-enqueue: bad line: over: line 1: its payload is over 16 MiB: keep it in a file, and enqueue the path
        q-enqueue: 1 bad line skipped
        => 65
        """)
  }

  @Test func `tab-separated lines carry a payload`() throws {
    let shell = try Shell()
    try shell.run(#"printf 'a\tone\ttwo\nb\nc\t\n' | q-enqueue --tsv"#)
    #expect(
      try shell.run(#"q-work -j1 --quiet -- sh -c 'echo "$1=$(cat)"' sh"#).output
        == "a=one\ttwo\nb=\nc=\n")
  }

  @Test func `ids are bytes and come out as they went in`() throws {
    let shell = try Shell()
    let ids = #"a b\0--help\0$HOME"\0it'\''s\0new\nline\0\xff\xfe\0tab\there\0*\0"#
    try shell.run("printf '\(ids)' > ids; q-enqueue -0 --quiet ids")
    try shell.run(#"q-work -j1 --quiet -- printf '%s\0' > out"#)
    #expect(try shell.run("cmp ids out").status == 0)
  }

  @Test func `urgent items come first, delayed ones when they are due`() throws {
    let shell = try Shell()
    try shell.run("echo later | q-enqueue --quiet --delay 3s")
    try shell.run("echo usual | q-enqueue --quiet; echo urgent | q-enqueue --quiet --priority 0")
    #expect(try shell.run("q-stats | head -2").output == "pending    2\ndelayed    1\n")
    #expect(try shell.run("q-work -j1 --quiet echo").output == "urgent\nusual\nlater\n")
  }

  @Test func `lines are committed while the input is still open`() throws {
    let shell = try Shell()
    let line = """
      { echo first; until q-stats 2>/dev/null | grep -q 'total *1'; do sleep 0.02; done; echo second; } \
      | q-enqueue
      """
    #expect(try shell.run(line).status == 0)
    #expect(try shell.run("q-stats | grep total").output == "total      2\n")
  }

  @Test func `a missing file is named before anything is read`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("q-enqueue nothing") == """
        q-enqueue: cannot read nothing: No such file or directory
        => 66
        """)
    #expect(try shell.run("ls -A | grep -x .q").status == 1)
  }

  @Test func `a closed standard input is an error, not a file of the store`() throws {
    let shell = try Shell()
    try shell.run("seq 3 | q-enqueue --quiet")
    let result = try shell.run("q-enqueue <&-")
    #expect(result.status == 74)
    #expect(result.error.contains("cannot read standard input: Bad file descriptor"))
    #expect(try shell.run("q-check").status == 0)
  }
}
