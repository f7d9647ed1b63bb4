import Testing

/// What is pruned, and what stays known of it, as a user sees it.
@Suite struct PruneTests {
  @Test func `what is done goes with all that is kept of it, and its id stays known`() throws {
    let shell = try Shell()
    try shell.run("seq 1 20 | q-enqueue --quiet")
    try shell.run("q-work --quiet --max-attempts 1 --collect -- sh -c 'test $1 != 7 && echo $1' sh")
    let said = try shell.run("q-prune --all")
    #expect(said.error == "19 pruned\n" && said.output.isEmpty)
    #expect(try shell.run("q-results").output.isEmpty)
    let stats = try shell.run("q-stats | grep -v rate").output
    #expect(stats.contains("done       0\nfailed     1\ntotal      1\npruned     19\n"), "\(stats)")
    #expect(try shell.run("seq 1 21 | q-enqueue").error == "1 enqueued, 20 duplicates\n")
    let show = try shell.run("q-show 3")
    #expect(show.error.contains("no such item: 3: in queue default: it was pruned"))
    #expect(
      try shell.run("q-stats --json | jq -c '.queues[0] | [.failed, .pruned, .pending]'").output
        == "[1,19,1]\n")
    try shell.run("q-check --quiet")
    #expect(try shell.run("q-remove 3 4").error == "2 removed\n")
    #expect(try shell.run("seq 1 5 | q-enqueue").error == "2 enqueued, 3 duplicates\n")
    #expect(
      try shell.run("q-prune --all --forget --status done --status failed").error
        == "1 pruned\n")
    #expect(try shell.run("seq 1 21 | q-enqueue").error == "18 enqueued, 3 duplicates\n")
    try shell.run("q-check --quiet")
  }

  @Test func `age, number, group and batch say what goes`() throws {
    let shell = try Shell()
    try shell.run(
      """
      printf 'a1\\tA\\na2\\tA\\nb1\\tB\\n' | q-enqueue --quiet --tsv --group-by 2
      seq 1 3 | q-enqueue --quiet --batch nums
      q-work --quiet -j1 -- true
      """)
    #expect(try shell.run("q-prune --older-than 1h").error == "0 pruned\n")
    #expect(
      try shell.run("q-prune --group A --json --quiet | jq -c .").output
        == #"{"version":1,"pruned":2,"refused":0,"missing":0}"# + "\n")
    #expect(try shell.run("q-prune --batch nums --keep 1").error == "2 pruned\n")
    #expect(try shell.run("q-list done").output == "b1\n3\n")
    #expect(try shell.run("q-prune --keep 1 --older-than 0s").error == "1 pruned\n")
    #expect(try shell.run("q-list done").output == "3\n")
    #expect(try shell.run("q-prune --older-than 0s --forget").error == "1 pruned\n")
    #expect(try shell.run("q-prune --group none --all").error.contains("no such group"))
    #expect(try shell.run("q-prune --all --queue other").error.contains("no queue other"))
  }

  @Test func `what a reader has not read stays unless that is asked for`() throws {
    let shell = try Shell()
    try shell.run("seq 1 4 | q-enqueue --quiet; q-work --quiet -j1 --limit 2 --collect -- echo")
    #expect(try shell.run("q-results --reader sink").output == "1\n2\n")
    try shell.run("q-work --quiet -j1 --collect -- echo")
    let said = try shell.run("q-prune --all").error
    #expect(
      said
        == "q-prune: what a reader of q-results has not read yet stays: --unread takes it, too\n2 pruned\n"
    )
    #expect(try shell.run("q-results --reader sink").output == "3\n4\n")
    #expect(try shell.run("q-prune --all").error == "2 pruned\n")
  }

  @Test func `what ends is kept for a reader that has read nothing yet`() throws {
    let shell = try Shell()
    try shell.run(
      "q-enqueue --quiet < /dev/null; q-results --reader R; seq 3 | q-enqueue --quiet; q-work --quiet --collect -- echo"
    )
    #expect(try shell.run("q-prune --all").error.contains("0 pruned"))
    #expect(try shell.run("q-results --reader R | wc -l").output == "3\n")
  }

  @Test func `round after round is let go, and sooner once it is to be`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      q-enqueue --quiet < /dev/null; q-config keep=200ms
      for r in 1 2 3 4; do seq ${r}00 ${r}02 | q-enqueue --quiet; q-work --quiet -- true; sleep 0.5; done
      q-stats | awk '$1=="done"{print $2 <= 6}'; q-config keep=30d
      for i in a b; do echo $i | q-enqueue --quiet; q-work --quiet -- true; done; q-config keep=50ms; sleep 0.3
      echo c | q-enqueue --quiet; q-work --quiet -- true; q-list done
      """)
    #expect(said.output == "1\nc\n", "\(said)")
  }

  @Test func `it says what it needs`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    for (line, why) in [
      ("q-prune", "say what is to go: --older-than DURATION, --keep N, or --all"),
      ("q-prune --status pending", "--status is done or failed: pending items have not ended"),
      ("q-prune --all --keep 3", "--all stands without --older-than and --keep"),
      ("q-prune --keep -1", "--keep"),
    ] {
      let said = try shell.run(line)
      #expect(said.error.contains(why), "\(said)")
    }
  }

  @Test func `workers prune what was kept long enough`() throws {
    let shell = try Shell()
    try shell.run("seq 1 500 | q-enqueue --quiet; q-work --quiet -n 50 -- true; q-config keep=10ms")
    #expect(try shell.run("q-config keep").output == "10ms\n")
    try shell.run("sleep 0.05; seq 501 540 | q-enqueue --quiet; q-work --quiet -j1 -- true")
    let left = try #require(
      Int(try shell.run("q-stats | awk '$1==\"done\"{print $2}'").output.dropLast()))
    #expect(left <= 40)
    #expect(
      try shell.run("seq 1 540 | q-enqueue").error == "0 enqueued, 540 duplicates\n")
    try shell.run("q-check --quiet; q-config keep=")
    #expect(try shell.run("q-config keep").output == "\n")
    #expect(try shell.run("q-config keep=0").error.contains("not a value for keep"))
    try shell.run("q-remove --all --yes --quiet")
    #expect(try shell.run("q-stats").output.isEmpty)
  }
}
