import Testing

/// Batches as a user meets them: what waits for an end, and what shows and changes them.
@Suite struct BatchTests {
  @Test func `a reduce step runs once after its maps, and a failed one holds it`() throws {
    let shell = try Shell()
    let first = try shell.run(
      """
      seq 3 | q-enqueue --batch maps && echo sum | q-enqueue --quiet --after maps
      echo report | q-enqueue --quiet --after-any maps
      q-work --quiet -j1 --max-attempts 1 -- sh -c 'echo "$1"; test "$1" != 2' sh {}
      """)
    #expect(first.output == "1\n2\n3\nreport\n")
    #expect(
      first.error.contains("3 enqueued, 0 duplicates; batch maps is sealed: 3 items")
        && first.error.contains("1 waiting for batches: maps (1 failed): see q-stats --batches"))
    #expect(first.status == 75, "\(first)")
    #expect(try shell.run("q-stats | grep awaiting").output == "awaiting   1\n")
    let why = try shell.run("q-show --why sum").output
    #expect(why == "batch\tit awaits batch maps, 1 failed: q-retry --batch 'maps'\tsum\n")
    let second = try shell.run("q-retry --batch maps; q-work --quiet -- echo")
    #expect(second.output == "2\nsum\n" && second.status == 0, "\(second)")
  }

  @Test func `a worker waits for a batch that another works on, and for no other`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      echo m | q-enqueue --quiet -q maps --batch b && echo r | q-enqueue --quiet -q next --after b
      q-work --quiet -q next -- echo early; echo $?
      q-work --quiet -q maps -- sh -c 'touch on; until [ -e off ]; do sleep 0.01; done' &
      until [ -e on ]; do sleep 0.01; done
      q-work --quiet -q next -- echo & worker=$!
      touch off; wait $worker; echo $?
      """)
    #expect(result.output == "75\nr\n0\n", "\(result)")
    #expect(result.error.contains("1 waiting for batches: b: see q-stats --batches"))
  }

  @Test func `whoever fills one of two parts and is killed keeps the batch open`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      mkfifo a; q-enqueue --quiet --batch x a & one=$!; exec 3> a; echo 1 >&3
      until q-list --batch x 2> /dev/null | grep -q 1; do sleep 0.01; done
      kill -9 $one; wait $one 2> /dev/null; exec 3>&-
      mkfifo b; q-enqueue --batch x b & two=$!; exec 4> b
      until q-list --batch x | grep -q 1; do sleep 0.01; done
      echo 1 | q-enqueue --batch x; exec 4>&-; wait $two
      """)
    #expect(
      result.error.hasSuffix(
        """
        0 enqueued, 1 duplicate; batch x is open: another q-enqueue fills it, or did not end well: \
        run that again, or --seal
        0 enqueued, 0 duplicates; batch x is sealed: 1 item

        """), "\(result)")
  }

  @Test func `a worker waits while an item of the batch does, and another worker is there for it`()
    throws
  {
    let shell = try Shell()
    let result = try shell.run(
      #"""
      echo m | q-enqueue --quiet -q maps --batch b
      echo r | q-enqueue --quiet -q next --after b; echo x | q-enqueue --quiet -q next --delay 1h
      q-work --quiet -q maps -- sh -c \
        'touch on; [ -e second ] || { touch second; echo "defer 300ms" >> "$Q_CONTROL"; exit 75; }' &
      until [ -e on ]; do sleep 0.01; done
      q-work --quiet -q next -- echo
      """#)
    #expect(result.output == "r\n" && result.status == 75, "\(result)")
    #expect(result.error.contains("q-work: not drained: 1 due in over 5 minutes"), "\(result)")
    let leased = try shell.run(
      """
      echo l | q-enqueue --quiet -q lease --batch l; echo s | q-enqueue --quiet -q after --after l
      q-claim --quiet -q lease --lease 1h > /dev/null; q-work --quiet -q after -- echo
      """)
    #expect(leased.status == 75 && leased.output == "", "\(leased)")
  }

  @Test func `of several that fill a batch the last one to end seals it`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      mkfifo a b; state() { q-stats --batches | awk '$NF == "x" { print $1, $7 }'; }
      q-enqueue --quiet --batch x a & one=$!; q-enqueue --quiet --batch x b & two=$!
      exec 3> a 4> b; echo 1 >&3; echo 2 >&4
      until [ "$(state)" = "2 open" ]; do sleep 0.01; done
      q-enqueue --batch x --seal; echo $?
      exec 3>&-; wait $one; state
      kill -9 $two; wait $two 2> /dev/null; state
      echo 2 | q-enqueue --quiet --batch x; state
      """)
    #expect(result.output == "75\n2 open\n2 open\n2 sealed\n", "\(result)")
    #expect(result.error.contains("batch x is open: a q-enqueue fills it, and seals it"))
  }

  @Test func `what was left open is sealed by hand, or by what ends well`() throws {
    let shell = try Shell()
    let bad = try shell.run(#"printf 'a\n\0\n' | q-enqueue --batch x"#)
    #expect(
      bad.status == 65
        && bad.error.contains(
          "batch x stays open: run this again, or q-enqueue --batch 'x' --seal"),
      "\(bad)")
    let open = try shell.run("echo b | q-enqueue --batch x --open")
    #expect(open.error == "1 enqueued, 0 duplicates; batch x is open\n")
    #expect(
      try shell.run("q-enqueue --batch x --seal").error == "batch x is sealed: 2 items\n")
    let elsewhere = try shell.run("echo c | q-enqueue --quiet; echo c | q-enqueue --batch z")
    #expect(
      elsewhere.error
        == "0 enqueued, 1 duplicate; batch z is sealed: 0 items: not every duplicate is in it\n")
    let none = try shell.run("q-enqueue --batch y --seal")
    #expect(none.status == 66 && none.error.contains("no such batch: y: in "), "\(none)")
  }

  @Test(arguments: [
    ("--batch x --after x", "a batch cannot wait for itself"),
    ("--open", "--open and --seal are for --batch BATCH"),
    ("--batch x --open --seal", "--open and --seal exclude each other"),
    ("--batch x --seal ids", "--seal reads nothing"),
    ("--batch ''", "it takes a batch's name: 1 to 500 bytes without a newline"),
  ])
  func `what means nothing is refused`(options: String, words: String) throws {
    let result = try Shell().run("echo a | q-enqueue \(options)")
    #expect(result.status == 64 && result.error.contains(words), "\(result)")
  }

  @Test func `a batch that is not there is named, and nothing is enqueued`() throws {
    let shell = try Shell()
    for line in [
      "echo a | q-enqueue --after nothing", "q-list --batch nothing", "q-retry --batch nothing",
      "q-remove --batch nothing --yes", "q-wait --batch nothing",
    ] {
      try shell.run("q-enqueue --quiet < /dev/null")
      let result = try shell.run(line)
      #expect(
        result.status == 66 && result.error.contains("no such batch: nothing: in "), "\(result)")
    }
    #expect(try shell.run("q-list").output == "")
  }

  @Test func `q-wait waits for the end of a batch, in whatever queues it is`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 2 | q-enqueue --quiet --batch b; echo x | q-enqueue --quiet -q other --batch b
      q-wait --quiet --batch b --timeout 50ms; echo $?
      q-wait --batch b --json & waiter=$!
      q-work --quiet -- true; q-work --quiet -q other --max-attempts 1 -- false
      wait $waiter; echo $?
      q-retry --quiet --batch b; q-work --quiet -q other -- true; q-wait --batch b; echo $?
      """)
    #expect(
      result.output == """
        124
        {"version":1,"batch":"b","state":"ended","pending":0,"delayed":0,"processing":0,"done":2,\
        "failed":1,"total":3,"waiting":0}
        1
        0

        """, "\(result)")
  }

  @Test func `an empty batch is complete, and what has come is not waited for`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      q-enqueue --quiet --batch none < /dev/null; q-wait --batch none; echo $?
      echo a | q-enqueue --quiet --after none; q-list pending
      """)
    #expect(result.output == "0\na\n", "\(result)")
  }

  @Test func `what a handler emits belongs to the batch of its item`() throws {
    let shell = try Shell()
    try shell.run(
      """
      printf 'a\\nb\\n' | q-enqueue --quiet -q crawl --batch b
      echo sum | q-enqueue --quiet -q sum --after b
      q-work --quiet -q crawl --emit parse -- sh -c 'echo "$1.child"' sh {}
      """)
    #expect(try shell.run("q-list --batch b -q parse | sort").output == "a.child\nb.child\n")
    let early = try shell.run("q-work --quiet -q sum -- echo")
    #expect(early.status == 75 && early.output == "", "\(early)")
    try shell.run("q-work --quiet -q parse -- true")
    #expect(try shell.run("q-work --quiet -q sum -- echo").output == "sum\n")
  }

  @Test func `items of a batch are listed, retried and removed by its name`() throws {
    let shell = try Shell()
    try shell.run(
      """
      printf '1\\n2\\n' | q-enqueue --quiet --batch b; echo 3 | q-enqueue --quiet
      echo 4 | q-enqueue --quiet -q other --batch b
      q-work --quiet --max-attempts 1 -- false; q-work --quiet -q other --max-attempts 1 -- false
      """)
    #expect(try shell.run("q-list failed --batch b").output == "1\n2\n4\n")
    #expect(try shell.run("q-list --batch b -q other").output == "4\n")
    // A batch is of all queues, a group of one.
    try shell.run("echo 5 | q-enqueue --quiet -q other --batch c --group g")
    #expect(try shell.run("q-list --batch c --group g").output == "5\n")
    #expect(try shell.run("q-list --batch c --group h").status == 66)
    #expect(try shell.run("q-show 1 | grep batch").output == "batch     b\n")
    #expect(try shell.run("q-list --json --batch b | grep -c '\"batch\":\"b\"'").output == "3\n")
    #expect(try shell.run("q-retry --batch b -q other").error == "1 retried\n")
    #expect(try shell.run("q-retry --batch b").error == "2 retried\n")
    let asked = try shell.run("q-remove --batch b")
    #expect(
      asked.status == 64
        && asked.error.contains("this would remove 3 items from queues default, other: say --yes"),
      "\(asked)")
    try shell.run("echo w | q-enqueue --quiet -q third --after b")
    let waited = try shell.run("q-remove --batch b -q other")
    #expect(
      waited.error.contains(
        "would remove 1 item from queue other, and 1 item may go on that wait: say --yes"),
      "\(waited)")
    try shell.run("q-remove --quiet -q third w")
    #expect(try shell.run("q-remove --batch b --status done --yes").error == "0 removed\n")
    #expect(try shell.run("q-remove --batch b --yes").error == "3 removed\n")
    #expect(try shell.run("q-stats --batches | grep -c ' b$'").output == "0\n")
    #expect(try shell.run("q-list").output == "3\n")
    #expect(try shell.run("q-check").status == 0)
  }

  @Test func `batches are a line each, and an object each`() throws {
    let shell = try Shell()
    try shell.run(
      """
      seq 2 | q-enqueue --quiet --batch a; echo r | q-enqueue --quiet --batch 'b c' --after a --open
      """)
    #expect(
      try shell.run("q-stats --batches").output == """
           pending    delayed processing       done     failed    waiting      state  batch
                 2          0          0          0          0          1     sealed  a
                 0          1          0          0          0          0       open  b c

        """)
    #expect(
      try shell.run("q-stats --batches --json").output.contains(
        #"{"batch":"b c","state":"open","pending":0,"delayed":1,"#))
    #expect(try shell.run("q-list --long delayed").output.hasSuffix("\tawaits batch a\tr\n"))
    let json = try shell.run("q-list --json delayed").output
    #expect(json.contains(#""batch":"b c","after":["a"],"#) && json.contains(#""reason":"batch""#))
  }
}
