import Testing

/// Whether a store is sound, and what is made again when it is not.
@Suite struct CheckTests {
  @Test func `a repair makes missing files again, and says so`() throws {
    let shell = try Shell()
    try shell.run("seq 10 | q-enqueue --quiet; q-work --quiet --limit 3 true")
    try shell.run("cd .q; rm guard current locks; rm -r wake")
    #expect(try shell.run("q-check").status == 69)
    #expect(
      try shell.says("q-check --repair") == """
        the file current was missing: made again, naming env.0
        the file guard was missing: made again
        the file locks was missing: made again
        the directory wake was missing: made again
        4 repairs
        sound: 10 items in DIR/.q
        => 0
        """)
    #expect(try shell.says("q-check --repair") == "sound: 10 items in DIR/.q\n=> 0")
    #expect(try shell.run("q-work --quiet true; q-stats | sed -n 4p").output == "done       10\n")
  }

  @Test func `a repair leaves alone what is no store`() throws {
    let shell = try Shell()
    try shell.run("mkdir other empty; touch other/x")
    #expect(try shell.run("q-check -s other --repair").status == 69)
    #expect(try shell.run("q-check -s empty --repair").status == 66)
    #expect(try shell.run("q-check -s none --repair").status == 66)
    #expect(try shell.run("ls -A other empty").output == "empty:\n\nother:\nx\n")
  }

  @Test func `which environment is in use is not guessed`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet; cp -r .q/env.0 .q/env.1; rm .q/current")
    #expect(
      try shell.says("q-check --repair") == """
        q-check: cannot repair DIR/.q: the file current is missing, and it may be any of env.0, env.1
        => 69
        """)
  }
}
