import Testing

/// What handlers' exit statuses and requests come to.
@Suite struct OutcomeTests {
  @Test func `the lists say what a status means`() throws {
    let shell = try Shell()
    try shell.run("printf '3\n4\n5\n75\n' | q-enqueue --quiet")
    let result = try shell.run(
      """
      q-work --quiet -j1 --backoff 1ms..2ms --max-attempts 2 --fail-on 3-4 --retry-on 75,5 \
        --report r.json -- sh -c 'echo "$1"; exit "$1"' sh | sort | uniq -c | tr -s ' '
      """)
    #expect(result.output == " 1 3\n 1 4\n 2 5\n 2 75\n")
    #expect(try shell.run("cat r.json").output.contains(#""succeeded":0,"failed":4,"retried":2"#))
  }

  @Test func `a status can stop the run whenever it comes`() throws {
    let shell = try Shell()
    try shell.run("seq 5 | q-enqueue --quiet")
    let result = try shell.run(
      "q-work -j1 --stop-on 9 -- sh -c '[ $1 = 3 ] && { echo quota >&2; exit 9; }; :' sh")
    #expect(result.status == 126)
    #expect(result.error.hasSuffix("q-work: the handler ended with 9: quota\n"), "\(result)")
    #expect(try shell.run("q-list pending").output.hasPrefix("3\n"))
    #expect(try shell.run("q-show 3 | grep attempts").output == "attempts  0\n")
  }

  @Test(arguments: ["--fail-on 0", "--fail-on 3-1", "--fail-on x", "--fail-on 1-4 --retry-on 4"])
  func `lists that say nothing, or two things, are refused`(options: String) throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    #expect(try shell.run("q-work \(options) true").status == 64)
  }

  @Test func `a handler may say when to try again, and note why`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    let line = """
      q-work --quiet --no-wait -- sh -c '
        [ ! -e "$Q_CONTROL" ] || exit 1
        echo "defer 1h" > "$Q_CONTROL"; echo "note slow down" >> "$Q_CONTROL"; exit 75' sh
      """
    #expect(try shell.run(line).status == 0)
    let shown = try shell.run("q-show a; ls .q/control").output
    #expect(shown.contains("status    delayed") && shown.contains("(in 59m"), "\(shown)")
    #expect(shown.contains("slow down") && shown.hasSuffix("\n"), "\(shown)")
  }

  @Test func `a handler may let the queue rest, for all workers`() throws {
    let shell = try Shell()
    try shell.run("seq 9 | q-enqueue --quiet")
    let result = try shell.run(
      "q-work --no-wait -j1 -- sh -c 'echo pause 1h > $Q_CONTROL; echo pause 1s >> $Q_CONTROL' sh")
    #expect(result.error.hasPrefix("q-work: the handler of 1 pauses the queue for 1h\n"))
    #expect(
      try shell.run("q-stats | grep -E 'pend|done|paused'").output
        == "pending    8\ndone       1\npaused     1\n")
  }

  @Test func `requests that are none fail the item for good, whatever its status`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    let line =
      "q-work --quiet -- sh -c 'echo defer 1s > $Q_CONTROL; echo again >> $Q_CONTROL; exit 75' sh"
    #expect(try shell.run(line).status == 1)
    #expect(
      try shell.run("q-show a | grep why").output
        == "why       control: line 2: no such request: again: defer, pause, rest, rest-pool, note, spend, emit, result...\n"
    )
  }

  @Test func `too many failures end the run, soon or now`() throws {
    let shell = try Shell()
    try shell.run("seq 100 | q-enqueue --quiet")
    let canary = try shell.run("q-work -j1 --max-attempts 1 --limit 10 --halt now,fail=1 false")
    #expect(canary.status == 1)
    #expect(canary.error.hasSuffix("q-work: halted: 1 of 1 items failed\n"))
    // A percentage says nothing before 20 items have ended.
    let percent = try shell.run(
      "q-work -j1 --max-attempts 1 --halt soon,fail=50% --report r -- sh -c '[ $1 -gt 12 ]' sh")
    #expect(percent.status == 1)
    #expect(percent.error.hasSuffix("q-work: halted: 11 of 20 items failed\n"), "\(percent)")
    #expect(try shell.run("grep -c '\"ended\":\"halted\",\"exit\":1' r").output == "1\n")
    #expect(try shell.run("q-work --halt soon,fail=0 true").status == 64)
  }

  @Test func `now ends the handlers that run, and their items go back`() throws {
    let shell = try Shell()
    try shell.run("seq 4 | q-enqueue --quiet")
    let line = """
      q-work --quiet -j2 --max-attempts 1 --halt now,fail=1 --kill-after 100ms -- sh -c '
        [ $1 = 1 ] && { while [ ! -e on ]; do sleep 0.01; done; exit 1; }
        trap "" TERM; touch on; while :; do sleep 1; done' sh
      """
    #expect(try shell.run(line).status == 1)
    #expect(
      try shell.run("q-stats | head -5").output == """
        pending    3
        delayed    0
        processing 0
        done       0
        failed     1

        """)
  }
}
