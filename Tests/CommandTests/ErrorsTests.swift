import Testing

/// What q-stats says beyond the counts.
@Suite struct ErrorsTests {
  @Test func `failures are grouped by what they have in common`() throws {
    let shell = try Shell()
    try shell.run(
      """
      seq 6 | q-enqueue --quiet; q-work --quiet --max-attempts 1 -j1 -- \
        sh -c '[ "$1" -gt 4 ] && exit 9; echo "cannot read /in/$1: errno 1$1" >&2; exit 1' sh
      """)
    #expect(
      try shell.says("q-stats --errors") == """
        4\tcannot read <path>: errno <n>\t1 2 3
        2\texit 9\t5 6
        => 0
        """)
    #expect(
      try shell.run("q-stats --errors --json").output.hasPrefix(
        #"{"version":1,"queue":"default","failures":[{"message":"cannot read <path>: errno <n>","#))
    #expect(try shell.run("q-stats --errors --all").status == 64)
  }

  @Test func `a rate and the time left are told while items end`() throws {
    let shell = try Shell()
    try shell.run("seq 10 | q-enqueue --quiet")
    #expect(try shell.run("q-stats").output.contains("rate") == false)
    try shell.run("q-work --quiet --limit 5 -- true")
    let text = try shell.run("q-stats").output
    #expect(text.contains(/rate       [0-9.]+\/s\neta        [0-9.]+s\n/), "\(text)")
    #expect(
      try shell.run("q-stats --json").output.contains(
        /"rate_per_second":[0-9.]+,"eta_seconds":[0-9.]+/))
  }
}
