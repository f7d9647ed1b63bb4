import Testing

@Suite struct RetryTests {
  private func failed(_ shell: Shell, _ count: Int) throws {
    try shell.run(
      "seq \(count) | q-enqueue --quiet; q-work --quiet --max-attempts 1 --workers 2 false")
  }

  @Test func `failed items are pending again, by name, by line or all`() throws {
    let shell = try Shell()
    try failed(shell, 5)
    #expect(try shell.says("q-retry 1") == "1 retried\n=> 0")
    #expect(try shell.says("seq 2 3 | q-retry") == "2 retried\n=> 0")
    #expect(
      try shell.says("q-retry --all --json --quiet").hasPrefix(
        #"{"version":1,"retried":2,"refused":0,"missing":0}"#))
    #expect(try shell.run("q-list pending").output == "1\n2\n3\n4\n5\n")
    #expect(try shell.says("q-retry --all") == "0 retried\n=> 0")
  }

  @Test func `what had not failed, or is not there, is named`() throws {
    let shell = try Shell()
    try failed(shell, 1)
    try shell.run("seq 2 3 | q-enqueue --quiet")
    #expect(
      try shell.says("q-retry 1 2 9") == """
        q-retry: not failed: 2 is pending
        q-retry: no such item: 9: in queue default
        1 retried, 1 not failed, 1 not there
        q-retry: 1 id not there
        => 66
        """)
    #expect(try shell.run("q-retry 3").status == 65)
    #expect(try shell.run(#"printf 'a\0b\n3\n' | q-retry"#).status == 65)
    #expect(try shell.run("q-retry --all 3").status == 64)
  }
}
