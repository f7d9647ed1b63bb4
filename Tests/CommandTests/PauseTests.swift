import Testing

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
}
