import Testing

@Suite struct StatsTests {
  @Test func `a status a line, the same for every script`() throws {
    let shell = try Shell()
    try shell.run("seq 4 | q-enqueue --quiet; q-work --quiet --limit 1 true")
    #expect(
      try shell.says("q-stats | head -n 6") == """
        pending    3
        delayed    0
        processing 0
        done       1
        failed     0
        total      4
        => 0
        """)
    #expect(try shell.run(#"q-stats | awk '$1 == "done" { print $2 }'"#).output == "1\n")
  }

  @Test func `all queues are a table`() throws {
    let shell = try Shell()
    try shell.run("seq 12 | q-enqueue --quiet; seq 3 | q-enqueue --quiet -q photos")
    #expect(
      try shell.says("q-stats --all") == """
        queue    pending  delayed  processing  done  failed  total
        default       12        0           0     0       0     12
        photos         3        0           0     0       0      3
        => 0
        """)
  }

  @Test func `JSON has a fixed form`() throws {
    let shell = try Shell()
    try shell.run("seq 2 | q-enqueue --quiet")
    #expect(
      try shell.says("q-stats --json") == """
        {"version":1,"store":"DIR/.q","queues":[{"queue":"default","pending":2,"delayed":0,\
        "processing":0,"done":0,"failed":0,"total":2,"orphaned":0,"leased":0,"paused":false,"next_due":null}]}
        => 0
        """)
    try shell.run("echo later | q-enqueue --quiet --delay 1h -q d")
    let delayed = try shell.run("q-stats --json -q d").output
    #expect(delayed.contains(/"next_due":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/))
  }

  @Test func `a missing store or queue is named, with what there is`() throws {
    let shell = try Shell()
    #expect(
      try shell.says("q-stats") == """
        q-stats: no store: DIR/.q: q-enqueue makes one
        => 66
        """)
    try shell.run("echo a | q-enqueue --quiet; echo a | q-enqueue --quiet -q other")
    #expect(
      try shell.says("q-stats -q bogus") == """
        q-stats: no queue bogus in DIR/.q: it has default, other
        => 66
        """)
  }

  @Test func `the store and the queue come from the environment`() throws {
    let shell = try Shell()
    try shell.run("echo a | Q_STORE=there Q_QUEUE=mine q-enqueue --quiet")
    #expect(try shell.run("q-stats -s there -q mine | tail -1").output == "total      1\n")
  }

  @Test func `a rate has its unit, and there is no time left for what does not move`() throws {
    let shell = try Shell()
    try shell.run("seq 20 | q-enqueue --quiet; q-work --quiet --limit 10 -- true")
    #expect(try shell.run("q-stats | grep eta").output.contains(/^eta        [0-9.]+s\n$/))
    #expect(try shell.run("q-pause --quiet; q-stats | grep -c eta").output == "0\n")
    #expect(try shell.run("q-stats --json").output.contains("eta") == false)
    try shell.run(
      "q-resume --quiet; q-work --quiet -- true; echo x | q-enqueue --quiet --delay 10h")
    #expect(try shell.run("q-stats | grep -c eta").output == "0\n")
    let rate = try shell.run("q-stats | grep rate").output
    #expect(rate.contains(/^rate       [0-9.]+\/s\n$/), "\(rate)")
  }

  @Test func `output that cannot be written is an error`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet")
    #expect(
      try shell.says("q-stats > /dev/full") == """
        q-stats: cannot write to standard output: No space left on device
        => 74
        """)
    #expect(try shell.run("q-stats >&-").status == 74)
    #expect(try shell.run("q-check --quiet").status == 0)
  }
}
