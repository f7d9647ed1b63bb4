import Testing

@Suite struct WaitTests {
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
