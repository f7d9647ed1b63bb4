import Testing

@Suite struct RemoveTests {
  private func failed(_ shell: Shell, _ count: Int) throws {
    try shell.run(
      "seq \(count) | q-enqueue --quiet; q-work --quiet --max-attempts 1 --workers 2 false")
  }

  @Test func `more items than one transaction takes are removed`() throws {
    let shell = try Shell()
    try shell.run("seq 9001 | q-enqueue --quiet")
    #expect(try shell.says("seq 9000 | q-remove") == "9,000 removed\n=> 0")
    try shell.run("seq 9001 | q-enqueue --quiet")
    #expect(
      try shell.says("q-remove --status pending") == """
        q-remove: this would remove from queue default: 9,001 pending: say --yes
        => 64
        """)
    #expect(try shell.says("q-remove --status pending --yes") == "9,001 removed\n=> 0")
    #expect(try shell.run("q-check --quiet").status == 0)
  }

  @Test func `a whole queue goes with its settings`() throws {
    let shell = try Shell()
    try failed(shell, 2)
    try shell.run("seq 3 5 | q-enqueue --quiet; q-config workers=3; echo x | q-enqueue -q b")
    #expect(try shell.run("q-remove --all").status == 64)
    #expect(try shell.says("q-remove --all --yes") == "5 removed\n=> 0")
    #expect(try shell.run("q-stats").status == 66)
    #expect(try shell.run("q-list --all").output == "x\n")
    try shell.run("seq 2 | q-enqueue --quiet")
    #expect(try shell.says("q-config workers") == "\n=> 0")
  }

  @Test func `an item in work stays, unless by force, and then its handler is killed`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet
      q-work --quiet -- sh -c 'touch on; exec sleep 1000' sh 2> work & w=$!
      while [ ! -e on ]; do sleep 0.02; done
      q-remove a; echo "=> $?"; q-remove --all --yes; echo "=> $?"
      q-remove --force a; echo "=> $?"; wait $w; cat work; q-list
      """)
    #expect(
      said.output == """
        => 75
        => 75
        => 0
        q-work: removed while this worker had it, its run is ended: a

        """)
    #expect(said.error.hasPrefix("q-remove: being processed: a is processing\n"))
  }

  @Test func `a queue into which items keep coming is not said to be gone`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      echo a | q-enqueue --quiet
      q-work --quiet -- sh -c 'touch on; exec sleep 1000' sh 2> work & w=$!
      while [ ! -e on ]; do sleep 0.02; done
      (while [ ! -e go ]; do seq 50 | q-enqueue --quiet; done) & e=$!
      q-remove --all --yes; echo "=> $?"; touch go; wait $e; kill -9 $w
      """)
    #expect(said.output == "=> 75\n", "\(said)")
  }
}
