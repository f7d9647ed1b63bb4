import Testing

/// Known items that are to run again: changed ones, ended ones, and those of another recipe.
@Suite struct RepeatTests {
  private func enqueue(_ shell: Shell, _ lines: String, _ options: String) throws -> String {
    try shell.run("printf '\(lines)' | q-enqueue --tsv \(options)").error
  }

  @Test func `exactly what has changed runs again`() throws {
    let shell = try Shell()
    try shell.run("q-enqueue --quiet < /dev/null")
    let work = "q-work --quiet -j1 --tsv -- echo {} {1}"
    #expect(
      try enqueue(shell, "a\\t1\\nb\\t1\\nc\\t1\\n", "--on-change requeue")
        == "3 enqueued, 0 duplicates\n")
    #expect(try shell.run(work).output == "a 1\nb 1\nc 1\n")
    #expect(
      try enqueue(shell, "a\\t1\\nb\\t2\\nc\\t1\\n", "--on-change requeue")
        == "0 enqueued, 2 duplicates, 1 requeued\n")
    #expect(try shell.run(work).output == "b 2\n")
    #expect(
      try enqueue(shell, "a\\t9\\nb\\t2\\n", "--on-change error").contains(
        "q-enqueue: its payload has changed: a: in queue default"))
    #expect(try enqueue(shell, "a\\t9\\n", "") == "0 enqueued, 1 duplicate\n")
    try shell.run("q-prune --all --quiet")
    #expect(
      try enqueue(shell, "a\\t1\\nb\\t3\\nc\\t1\\n", "--on-change requeue")
        == "1 enqueued, 2 duplicates\n")
    #expect(try shell.run(work).output == "b 3\n")
    try shell.run("q-check --quiet")
  }

  @Test func `what is at work runs again after it has settled, never beside itself`() throws {
    let shell = try Shell()
    try shell.run(
      #"""
      printf 'a\t1\n' | q-enqueue --quiet --tsv
      q-work --quiet -j2 --follow --tsv -- sh -c 'echo "$1$2" >> begun; while [ ! -e go ]; do sleep 0.02; done; echo "$1$2" >> ended' sh {} {1} &
      while [ ! -e begun ]; do sleep 0.01; done
      printf 'a\t2\n' | q-enqueue --quiet --tsv --on-change requeue
      printf 'b\t1\n' | q-enqueue --quiet --tsv; until grep -q b begun; do sleep 0.01; done
      cat begun > early; q-stats --json > stats; touch go
      timeout 20 q-wait --quiet; kill $!; wait
      """#)
    #expect(try shell.run("cat early").output == "a1\nb1\n")
    #expect(try shell.run("jq -c '.queues[0] | [.pending, .processing]' stats").output == "[0,2]\n")
    #expect(try shell.run("cat begun; sort ended").output == "a1\nb1\na2\na1\na2\nb1\n")
    #expect(try shell.run("q-list done").output == "a\nb\n")
  }

  @Test func `ended items run again when that is asked for`() throws {
    let shell = try Shell()
    try shell.run(
      "printf 'good\\nbad\\n' | q-enqueue --quiet; q-work --quiet --max-attempts 1 -- test good =")
    #expect(
      try shell.run("printf 'good\\nbad\\nnew\\n' | q-enqueue --requeue failed").error
        == "1 enqueued, 1 duplicate, 1 requeued\n")
    #expect(try shell.run("q-list pending").output == "bad\nnew\n")
    #expect(
      try shell.run("echo good | q-enqueue --requeue done --requeue failed").error
        == "0 enqueued, 0 duplicates, 1 requeued\n")
    for (options, why) in [
      ("--requeue pending", "--requeue is done or failed"),
      ("--requeue done --delay 1h", "stand without --delay"),
      ("--on-change requeue --after x", "stand without --delay"),
    ] {
      #expect(try shell.run("echo a | q-enqueue \(options)").error.contains(why))
    }
    #expect(
      try shell.run("echo a | q-enqueue --on-change maybe").error.contains(
        "one of 'ignore', 'requeue' or 'error'"))
  }

  @Test func `items of another recipe are stale`() throws {
    let shell = try Shell()
    try shell.run(
      "seq 1 4 | q-enqueue --quiet; q-work --quiet -j1 --limit 1 -- true; q-work --quiet -j1 --limit 1 --recipe v1 -- true; q-work --quiet -j1 --recipe v2 --collect -- true"
    )
    #expect(
      try shell.run(
        "q-show --json 2 | jq -r .recipe; q-show 2 | grep recipe; q-results --json | jq -r .recipe"
      ).output == "v1\nrecipe    v1\nv2\nv2\n")
    #expect(try shell.run("q-retry --stale v2").error == "2 retried\n")
    #expect(try shell.run("q-list pending").output == "1\n2\n")
    try shell.run("q-work --quiet --recipe v2 -- true")
    #expect(try shell.run("q-retry --stale v2").error == "0 retried\n")
    #expect(try shell.run("q-retry --stale v2 1").error.contains("stand without --all and ids"))
    try shell.run("q-check --quiet")
  }
}
