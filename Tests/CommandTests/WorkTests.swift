import Testing

@Suite struct WorkTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue --quiet")
    return shell
  }

  @Test func `the id is the last argument, or where {} stands`() throws {
    let shell = try shell(2)
    #expect(try shell.run("q-work -j1 --quiet -- echo a b").output == "a b 1\na b 2\n")
    try shell.run("seq 3 4 | q-enqueue --quiet")
    #expect(
      try shell.run("q-work -j1 --quiet echo {}-{} x{}.txt -- {}").output
        == "3-3 x3.txt -- 3\n4-4 x4.txt -- 4\n")
  }

  @Test func `the handler knows its item`() throws {
    let shell = try shell(1)
    let handler =
      #"sh -c 'echo "$Q_ID $Q_ATTEMPT/$Q_MAX_ATTEMPTS $Q_QUEUE $Q_STORE $Q_SLOT $Q_PROTOCOL"' sh"#
    #expect(
      try shell.run("q-work -j1 --quiet --max-attempts 5 -- \(handler)").output
        == "1 1/5 default DIR/.q 1 1\n")
  }

  @Test func `a script without a slash is looked for here as well`() throws {
    let shell = try shell(1)
    try shell.run(#"printf '#!/bin/sh\necho ran "$1"\n' > handler.sh; chmod +x handler.sh"#)
    let result = try shell.run("q-work --workers 16 -- handler.sh")
    #expect(result.status == 0)
    #expect(result.output == "ran 1\n")
    #expect(result.error.hasPrefix("q-work: handler.sh is not on PATH: using ./handler.sh\n"))
  }

  @Test(arguments: [
    ("q-work nosuch", 127, "no such handler: nosuch: it is neither on PATH nor here"),
    (
      "q-work ./file", 126,
      "cannot run the handler: DIR/file: it is not an executable file: chmod +x makes a script one"
    ),
    (
      "q-work ./bare", 126,
      "cannot run DIR/bare: Exec format error: its first line must name an interpreter"
    ),
    (
      "q-work ./lost", 127,
      "cannot run DIR/lost: No such file or directory: the interpreter that its first line names is "
        + "not there"
    ),
    ("q-work -- sh -c 'exit 127'", 127, "the handler ended with 127"),
  ])
  func `a handler that cannot run stops the run and charges nothing`(
    line: String, status: Int32, message: String
  ) throws {
    let shell = try shell(5)
    try shell.run(
      #"touch file; echo 'echo hi' > bare; printf '#!/no/such\n' > lost; chmod +x bare lost"#)
    let result = try shell.run(line)
    #expect(result.status == status)
    #expect(result.error.hasSuffix("q-work: \(message)\n"))
    #expect(try shell.run("q-stats | head -1").output == "pending    5\n")
    #expect(
      try shell.run(#"q-work -j1 --quiet --limit 1 -- sh -c 'echo $Q_ATTEMPT'"#).output == "1\n")
  }

  @Test(arguments: [
    ("--workers 0", "--workers must be 1 to 4,096: 0"),
    ("--workers -1", "--workers must be 1 to 4,096: -1"),
    ("--workers 100000", "--workers must be 1 to 4,096: 100000"),
    (
      "--workers x",
      "The value 'x' is invalid for '--workers <N>': it takes a number from 1 to 4,096, like 16, or auto"
    ),
    ("--max-attempts 0", "--max-attempts must be 1 or more"),
    ("--limit 0", "--limit must be 1 or more: 0"),
    ("--follow --no-wait", "--follow and --no-wait exclude each other"),
    (
      "--timeout soon",
      "The value 'soon' is invalid for '--timeout <DURATION>': it takes a number with ms, s, m, h or d "
        + "behind it, like 90s or 10m; bare it means seconds"
    ),
    (
      "--backoff 5s..1s",
      "The value '5s..1s' is invalid for '--backoff <BASE..MAX>': it takes two durations, the shorter one "
        + "first, like 1s..5m"
    ),
    ("--bogus", "Unknown option '--bogus'"),
  ])
  func `options are checked before anything runs`(options: String, message: String) throws {
    let shell = try shell(1)
    #expect(
      try shell.says("q-work \(options) true") == """
        q-work: \(message)
        Try 'q-work --help' for its options and examples.
        => 64
        """)
  }

  @Test func `an id in a shell's program text is refused`() throws {
    let shell = try shell(1)
    let result = try shell.run("q-work -- bash -ec 'rm {}'")
    #expect(result.status == 64)
    #expect(result.error.contains("the id would be run as code"))
  }

  @Test func `the exit table`() throws {
    let shell = try Shell()
    try shell.run("printf '0\n1\n65\n100\n' | q-enqueue --quiet")
    let result = try shell.run(
      #"q-work -j1 --backoff 1ms..2ms --report r.json -- sh -c 'echo run >> log$1; exit $1' sh"#)
    #expect(result.status == 1)
    #expect(
      try shell.run("cat log0 | wc -l; cat log1 | wc -l; cat log65 log100 | wc -l").output
        == "1\n3\n2\n")
    #expect(
      try shell.run("q-stats | head -6 | tail -3").output
        == "done       1\nfailed     3\ntotal      4\n")
    let report = try shell.run("cat r.json").output
    #expect(report.contains(#""ended":"drained","exit":1"#))
    #expect(
      report.contains(#""outcomes":{"succeeded":1,"failed":3,"retried":2,"deferred":0,"#))
  }

  @Test func `a deferred item comes back without an attempt`() throws {
    let shell = try shell(1)
    let result = try shell.run(
      #"q-work --quiet -- sh -c 'echo $Q_ATTEMPT; test -e again || { touch again; exit 75; }' sh"#)
    #expect(result.output == "1\n1\n")
    #expect(result.status == 0)
  }

  @Test func `a handler past its time is ended, one that ignores that is killed`() throws {
    let shell = try shell(1)
    let result = try shell.run(
      #"q-work --timeout 100ms --kill-after 100ms --max-attempts 1 -- "#
        + #"sh -c 'trap "echo asked" TERM; while :; do sleep 0.02; done' sh"#)
    #expect(result.status == 1)
    #expect(result.output.contains("asked"))
    #expect(result.error.contains("1 failed, 1 timed out"))
  }

  @Test func `output is whole, one handler at a time`() throws {
    let shell = try shell(8)
    let handler =
      #"sh -c 'for n in 1 2 3; do echo "$1 $n"; sleep 0.01; done; head -c 100000 /dev/zero | tr "\0" .; echo' sh"#
    try shell.run("q-work -j8 --quiet -- \(handler) > out")
    #expect(
      try shell.run("cut -c1-20 out | awk '{ print $2 == \"\" ? \"x\" : $2 }' | tr -d '\\n'")
        .output == String(repeating: "123x", count: 8))
  }

  @Test func `standard output that is full or closed gives the items back`() throws {
    let shell = try shell(50)
    #expect(try shell.run("q-work -j2 --quiet -- echo > /dev/full").status == 74)
    #expect(try shell.run("q-work -j2 --quiet -- echo >&-").status == 74)
    #expect(try shell.run("q-work -j2 --quiet -- echo | head -1 > /dev/null").status == 141)
    let left = try shell.run("q-stats | head -3").output
    #expect(left.contains("delayed    0\nprocessing 0\n"))
    #expect(
      try shell.run("q-work -j4 --quiet true; q-stats | head -6 | tail -3").output
        == "done       50\nfailed     0\ntotal      50\n")
  }

  @Test func `what is left for later is named and makes the status 75`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet --delay 1h")
    let result = try shell.run("q-work true")
    #expect(result.status == 75)
    #expect(result.error.hasSuffix("q-work: not drained: 1 due in over 5 minutes\n"))
    #expect(try shell.run("q-work --no-wait --quiet true").status == 0)
  }

  @Test func `several workers share the work, and each item runs once`() throws {
    let shell = try shell(400)
    try shell.run(
      "for n in 1 2 3 4; do q-work -j2 --quiet -- sh -c 'echo $1 >> ran' sh & done; wait")
    #expect(try shell.run("sort -n ran | uniq | wc -l; wc -l < ran").output == "400\n400\n")
  }

  @Test func `a worker that finds the number of handlers itself does all the work`() throws {
    let shell = try shell(300)
    #expect(
      try shell.run(
        "q-work -j auto --quiet -- sh -c 'sleep 0.01; echo $1' sh | sort -n | uniq | wc -l"
      )
      .output == "300\n")
    #expect(try shell.run("q-work -j many true").status == 64)
  }

  @Test func `a following worker takes what comes later`() throws {
    let shell = try Shell()
    let line = """
      q-work --follow -j2 -- sh -c 'echo got $1; echo $1 >> got' sh & worker=$!
      until q-stats > /dev/null 2>&1; do sleep 0.02; done
      seq 3 | q-enqueue --quiet
      until [ "$(cat got 2>/dev/null | wc -l)" = 3 ]; do sleep 0.02; done
      kill $worker; wait $worker
      """
    #expect(try shell.run(line).status == 143)
    #expect(
      try shell.run("q-stats | head -6 | tail -3").output
        == "done       3\nfailed     0\ntotal      3\n")
  }

  @Test func `the report stays short however many items fail`() throws {
    let shell = try shell(300)
    let result = try shell.run(
      #"q-work -j8 --max-attempts 1 -- sh -c 'echo "no $1, kind $(echo $(($1 % 20)) | tr 0-9 a-j)" >&2; "#
        + "exit 1' sh 2>&1 | grep -v '^no '")
    #expect(result.output.split(separator: "\n").count <= 25)
    #expect(result.output.contains("15 x no {}, kind"))
    #expect(result.output.contains("more with other messages"))
  }

  @Test func `the report goes where it was to go, and replaces nothing but a file`() throws {
    let shell = try shell(1)
    #expect(try shell.run("q-work --quiet --report no/r.json true").status == 73)
    #expect(try shell.run("q-work --quiet --report - true").status == 64)
    #expect(try shell.run("q-work --quiet --report . true").status == 73)
    #expect(try shell.run("q-stats | head -1").output == "pending    1\n")
    try shell.run("touch real; ln -s real link; mkfifo pipe; cat pipe > piped &")
    #expect(try shell.run("q-work --quiet --report link true; test -L link").status == 0)
    #expect(try shell.run("q-work --quiet --report pipe true; test -p pipe").status == 0)
    #expect(
      try shell.run("until [ -s piped ]; do sleep 0.02; done; cat real piped | grep -c run_id")
        .output == "2\n")
  }
}
