import Testing

/// One item for each thing that keeps items from being run.
@Suite struct WhyTests {
  @Test(arguments: [
    ("q-pause --quiet", "paused", "its queue is paused: q-resume lets it go on"),
    ("q-pause --quiet --for 1h", "paused", "its queue rests until 2"),
    (":", "no_worker", "no q-work is there that would run it: start one"),
    (
      "q-config rate=1/h; echo b | q-enqueue --quiet --priority 0; q-claim --quiet > c", "rate",
      "its queue's rate lets the next item start at 2"
    ),
    (
      "q-config group-limit=1; echo b | q-enqueue --quiet --group g --priority 0; q-claim --quiet > c",
      "group_limit", "of its group 1 run, and 1 may: q-config --group 'g' limit=N"
    ),
    (
      "q-config group-rate=1/h; echo b | q-enqueue --quiet --group g --priority 0; q-claim --quiet > c",
      "group_rate", "its group's rate lets the next item start at 2"
    ),
    (
      "echo b | q-enqueue --quiet --group g --priority 0; "
        + #"q-work --quiet --limit 1 -- sh -c 'echo "rest 1h" >> "$Q_CONTROL"'"#,
      "group_rest", "a handler asked its group to rest until 2"
    ),
    (
      "q-config budget.usd=1; echo b | q-enqueue --quiet --priority 0; "
        + "q-claim --quiet | q-settle --quiet done --spend usd=1.5", "budget",
      "the budget of usd is spent, 1.5 of 1: q-config budget.usd=N raises it"
    ),
    (
      "q-config rate.tokens=1/h; echo b | q-enqueue --quiet --priority 0; "
        + "q-claim --quiet | q-settle --quiet done --spend tokens=2", "unit_rate",
      "what its queue has spent of tokens is worked off at 2"
    ),
    ("q-claim --quiet > c", "leased", "q-claim has leased it until 2"),
    (
      "q-remove --quiet a; echo m | q-enqueue --quiet --batch b; echo a | q-enqueue --quiet --after b",
      "batch", "it awaits batch b, 1 to be done"
    ),
    ("q-work --quiet -- true", "done", "it is done: it does not run again"),
    (
      "q-work --quiet --max-attempts 1 -- false", "failed",
      "it has failed for good, failed: q-retry tries it afresh"
    ),
    (
      "q-work --quiet --no-wait --backoff 24h..24h -- false", "retry",
      "its last attempt failed: it is tried again at 2"
    ),
    (
      #"q-work --quiet --no-wait -- sh -c 'echo "defer 1h" >> "$Q_CONTROL"; exit 75'"#, "deferred",
      "its handler asked for more time: it is tried again at 2"
    ),
  ])
  func `each has its name, and says what to do`(
    line: String, name: String, sentence: String
  ) throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet --group g; \(line)")
    let said = try shell.run("q-show --why a").output
    #expect(said.hasPrefix("\(name)\t\(sentence)") && said.hasSuffix("\ta\n"), "\(said)")
    #expect(try shell.run("q-show --why --json a").output.contains("\"why\":\"\(name)\""))
    let counted = try shell.run("q-stats --why").output.split(separator: "\n")
    #expect(counted.contains { $0.hasPrefix(name + " ") }, "\(counted)")
  }

  @Test func `each is counted, and every item once`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 3 | q-enqueue --quiet --group full; printf '4\\n5\\n6\\n' | q-enqueue --quiet --group slow
      q-config group-limit=1; q-config --group slow limit=9 rate=1/h
      q-claim --quiet -n 2 --lease 1h > claimed; seq 7 10 | q-enqueue --quiet
      seq 11 12 | q-enqueue --quiet --delay 1h; echo 13 | q-enqueue --quiet --batch b
      seq 14 17 | q-enqueue --quiet --after b
      q-stats --why; q-stats --why --json; q-pause --quiet; q-stats --why | head -n 1
      """)
    #expect(
      said.output == """
        group_limit 2
        group_rate  2
        no_worker   5
        batch       4
        scheduled   2
        leased      2
        {"version":1,"queue":"default","why":{"group_limit":2,"group_rate":2,"no_worker":5,"batch":4,\
        "scheduled":2,"leased":2}}
        paused      9

        """, "\(said)")
  }

  @Test func `what is delayed from the start, what runs, and what waits`() throws {
    let shell = try Shell()
    try shell.run("echo later | q-enqueue --quiet --delay 1h; seq 2 | q-enqueue --quiet")
    let said = try shell.run(
      """
      q-work --quiet -j1 -- sh -c 'touch on; sleep 60' & w=$!
      until [ -e on ]; do sleep 0.01; done
      q-show --why later 1 2 none | cut -f 1,3; kill -9 $w
      """)
    #expect(said.output == "scheduled\tlater\nrunning\t1\nwaiting\t2\n", "\(said)")
    #expect(said.error.contains("no such item: none"))
  }

  @Test func `an id whose removed item still runs waits for that`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet
      q-work --quiet -j1 -- sh -c 'touch on; trap "" TERM; sleep 60' & w=$!
      until [ -e on ]; do sleep 0.01; done
      kill -STOP $w; timeout 2 q-remove --quiet --force a
      printf 'a\\nb\\n' | q-enqueue --quiet --group g
      q-show --why a | cut -f 1; q-config group-limit=1; q-stats --why; kill -9 $w
      """)
    #expect(
      said.output == "held_back\nheld_back   1\nwaiting     1\n", "\(said)")
  }
}
