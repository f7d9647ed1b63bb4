import Testing

/// q-pause, q-resume and q-wait.
@Suite struct PauseTests {
  @Test func `a paused queue gives nothing out until it is resumed`() throws {
    let shell = try Shell()
    try shell.run("seq 3 | q-enqueue --quiet")
    #expect(
      try shell.says("q-pause") == """
        default is paused until q-resume; 0 items being processed
        => 0
        """)
    #expect(try shell.run("q-stats").output.hasSuffix("paused     1\n"))
    #expect(try shell.run("q-work --quiet true").status == 75)
    #expect(try shell.says("q-resume") == "default goes on; 3 items pending\n=> 0")
    #expect(
      try shell.says("q-resume --quiet --json").hasPrefix(
        #"{"version":1,"queue":"default","paused":false}"#))
    #expect(try shell.run("q-work --quiet true; q-list done").output == "1\n2\n3\n")
    #expect(try shell.run("q-pause -q nope").status == 66)
  }

  @Test func `a pause for a time ends by itself`() throws {
    let shell = try Shell()
    try shell.run("seq 3 | q-enqueue --quiet; q-pause --quiet --for 300ms")
    #expect(try shell.run("q-work --quiet true; q-list done").output == "1\n2\n3\n")
    let said = try shell.run("q-pause --for 1h --json --quiet").output
    #expect(said.contains(/"paused":true,"until":"20/))
  }

  @Test func `running workers stop claiming, and go on when they may`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 300 | q-enqueue --quiet
      q-work --quiet -j2 -- sh -c 'echo "$1" >> done; sleep 0.02' sh & w=$!
      while [ ! -s done ]; do sleep 0.02; done
      q-pause --quiet
      while [ "$(q-stats | awk '$1 == "processing" { print $2 }')" != 0 ]; do sleep 0.05; done
      before=$(wc -l < done); sleep 0.3; after=$(wc -l < done); echo $((after - before))
      [ "$before" -lt 300 ] && echo early
      q-resume --quiet; wait $w; echo $?; wc -l < done
      """, within: 90)
    // An untimed pause ends a q-work that has nothing else to do.
    #expect(said.output.hasPrefix("0\nearly\n75\n") || said.output == "0\nearly\n0\n300\n")
  }

  @Test func `a wait ends when everything has ended`() throws {
    let shell = try Shell()
    #expect(try shell.run("q-wait").status == 66)
    try shell.run("seq 5 | q-enqueue --quiet")
    let timedOut = try shell.run("q-wait --timeout 50ms")
    #expect(timedOut.status == 124)
    #expect(timedOut.error.contains("q-wait: no q-work is running: 5 items left\n"))
    #expect(timedOut.error.contains("not drained: 5 pending, 0 delayed, 0 processing"))
    let said = try shell.run(
      "q-wait --quiet & w=$!; sleep 0.1; q-work --quiet true; wait $w; echo $?; q-wait --json")
    #expect(said.output.hasPrefix("0\n{\"version\":1,\"queue\":\"default\",\"drained\":true,"))
    #expect(said.status == 0)
    try shell.run("echo x | q-enqueue --quiet; q-work --quiet --max-attempts 1 false")
    #expect(try shell.says("q-wait") == "q-wait: 1 item failed: q-list failed --long\n=> 1")
  }

  @Test func `a wait ends with its queue`() throws {
    let shell = try Shell()
    let said = try shell.run(
      "seq 5 | q-enqueue --quiet; q-wait --quiet & w=$!; sleep 0.1; q-remove --all --yes; wait $w")
    #expect(said.status == 0)
  }
}
