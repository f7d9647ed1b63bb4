import Testing

/// Items that handlers emit: the next stage.
@Suite struct StageTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue -q one --quiet")
    return shell
  }

  @Test func `lines of output are items of the next queue, once theirs is done`() throws {
    let shell = try shell(3)
    let result = try shell.run(
      #"q-work -q one --emit two --quiet -- sh -c 'echo x$1; printf "y$1\tpay $1\n"; echo says >&2' sh"#
    )
    #expect(result.status == 0 && result.output.isEmpty && result.error == "says\nsays\nsays\n")
    #expect(try shell.run("q-list -q two | sort").output == "x1\nx2\nx3\ny1\ny2\ny3\n")
    #expect(try shell.run("q-show -q two y2 --payload").output == "pay 2")
  }

  @Test func `what fails emits nothing`() throws {
    let shell = try shell(2)
    try shell.run(
      "q-work -q one --emit two --quiet --max-attempts 1 -- sh -c 'echo x$1; exit $(($1 - 1))' sh")
    #expect(try shell.run("q-list -q two").output == "x1\n")
  }

  @Test(arguments: [
    ("emit two", "control: line 1: an id is 1 to 65,535 bytes without NUL"),
    ("emit t/o x", "control: line 1: not a queue's name: t/o: emit QUEUE ID"),
    ("json {\"emit\":{\"queue\":\"two\"}}", "control: line 1: byte 14: what is emitted has no id"),
    ("json no", "control: line 1: byte 6: it is not a JSON object"),
  ])
  func `a request to emit that cannot be fails the item for good`(
    line: String, message: String
  ) throws {
    let shell = try shell(1)
    try shell.run("cat > request <<'X'\n\(line)\nX")
    #expect(
      try shell.run("q-work -q one --quiet -- sh -c 'cat request >> $Q_CONTROL' sh").status == 1)
    #expect(try shell.run("q-list -q one failed --long").output.contains(message))
  }

  @Test func `more than 10,000 fail the item for good, and none of them comes`() throws {
    let shell = try shell(1)
    #expect(try shell.run("q-work -q one --emit two --quiet -- sh -c 'seq 10001'").status == 1)
    #expect(
      try shell.run("q-list -q one failed --long").output.contains("it emits more than 10,000"))
    #expect(try shell.run("q-list -q two").output.isEmpty)
    try shell.run("echo ok | q-enqueue -q one --quiet")
    try shell.run("q-work -q one --emit two --quiet -- sh -c 'seq 10000'")
    #expect(try shell.run("q-list -q two | wc -l").output == "10000\n")
  }

  @Test func `answers and settled leases emit too`() throws {
    let shell = try shell(2)
    let handler =
      #"sh -c 'while read -r l; do echo "{\"status\":0,\"emit\":[{\"queue\":\"two\",\"id\":\"s$((n=n+1))\"}]}"; done'"#
    #expect(try shell.run("q-work -q one -j1 --quiet --stream=json -- \(handler)").status == 0)
    #expect(try shell.run("q-list -q two").output == "s1\ns2\n")
  }

  @Test func `three stages with two fan-outs end with the exact sets`() throws {
    let shell = try Shell()
    let result = try shell.run("bash \(Shell.checkout)/fixtures/stages/run.sh", within: 120)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      try shell.run(
        "q-list -q sites done | wc -l; q-list -q pages done | wc -l; q-list -q words done | wc -l"
      ).output == "5\n20\n60\n")
    #expect(
      try shell.run("q-list -q words done | sort | head -n 3").output
        == "site-1/page-1/word-1\nsite-1/page-1/word-2\nsite-1/page-1/word-3\n")
    #expect(try shell.run("q-check").status == 0)
  }

  @Test func `a queue is not drained while what feeds it is not`() throws {
    let shell = try shell(2)
    let result = try shell.run(
      """
      q-work -q one -j1 --limit 1 --emit two --quiet -- sh -c 'echo x$1' sh
      q-work -q two --quiet -- true & w=$!
      sleep 0.5; kill -0 $w && echo waits
      q-work -q one --emit two --quiet -- sh -c 'echo x$1' sh
      wait $w
      """)
    #expect(result.status == 0 && result.output == "waits\n")
    #expect(try shell.run("q-list -q two done").output == "x1\nx2\n")
  }
}
