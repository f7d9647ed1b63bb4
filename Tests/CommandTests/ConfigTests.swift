import Testing

@Suite struct ConfigTests {
  @Test func `settings are shown, set, unset and copied`() throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet; echo a | q-enqueue --quiet -q b")
    let all =
      "max-attempts=7\nmax-losses=0\nbackoff=100ms..5m\ntimeout=90s\nrate=60/m\nworkers=3\n"
      + "group-limit=2\ngroup-rate=1/s\nkeep=7d\n"
    #expect(try shell.says("q-config \(all.replacing("\n", with: " "))") == "=> 0")
    #expect(try shell.says("q-config") == all + "=> 0")
    #expect(try shell.says("q-config rate") == "60/m\n=> 0")
    #expect(try shell.says("q-config | xargs q-config -q b; q-config -q b") == all + "=> 0")
    #expect(try shell.says("q-config rate= timeout=2h rate=2/500ms workers=") == "=> 0")
    #expect(
      try shell.says("q-config -q b timeout=0.25ms; q-config -q b timeout") == "0.250ms\n=> 0")
    #expect(
      try shell.says("q-config --json") == """
        {"version":1,"queue":"default","max_attempts":7,"max_losses":0,"backoff":"100ms..5m",\
        "timeout":"2h","rate":"2/500ms","workers":null,"group_limit":2,"group_rate":"1/s",\
        "keep":"7d"}
        => 0
        """)
  }

  @Test(arguments: [
    "bogus=1", "max-attempts=0", "max-attempts=x", "timeout=0", "timeout=-1", "rate=0/s",
    "rate=5/", "rate=/s", "backoff=5m..1s", "workers=4097", "workers=0", "rate timeout",
    "rate workers=1", "group-limit=0", "group-rate=x", "limit=1",
  ])
  func `what is no setting changes nothing`(words: String) throws {
    let shell = try Shell()
    try shell.run("echo a | q-enqueue --quiet; q-config workers=2")
    #expect(try shell.run("q-config workers=9 \(words)").status == 64)
    #expect(try shell.says("q-config workers") == "2\n=> 0")
  }

  @Test func `a worker goes by the settings, and by its own options first`() throws {
    let shell = try Shell()
    try shell.run("seq 1 | q-enqueue --quiet; q-config max-attempts=2 backoff=1ms..2ms")
    let handler = #"-- sh -c 'echo "$Q_ATTEMPT/$Q_MAX_ATTEMPTS"; exit 1' sh"#
    #expect(try shell.says("q-work --quiet \(handler)") == "1/2\n2/2\n=> 1")
    #expect(
      try shell.says("q-retry --all --quiet; q-work --quiet --max-attempts 1 \(handler)")
        == "1/1\n=> 1")
    try shell.run("q-retry --all --quiet; q-config timeout=100ms max-attempts=1")
    #expect(try shell.run("q-work --quiet -- sleep 60").status == 1)
    #expect(try shell.run("q-show 1").output.contains("why       timed out\n"))
  }

  @Test func `a rate holds for all workers together, and follows a change`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 12 | q-enqueue --quiet; q-config rate=10/s; from=$(date +%s%N)
      q-work --quiet -j4 -- true & q-work --quiet -j4 -- true & wait
      echo $(( ($(date +%s%N) - from) / 1000000 >= 1000 ))
      q-config rate=1/h; seq 20 40 | q-enqueue --quiet
      q-work --quiet -- true & sleep 0.3; q-stats | head -n 1; q-config rate=; wait; q-list pending
      """)
    #expect(said.output.hasPrefix("1\npending"), "\(said)")
    #expect(said.output.contains("pending    2"))
    #expect(said.output.split(separator: "\n").count == 2, "\(said)")
  }

  @Test func `the number of handlers at once follows a change`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 8 | q-enqueue --quiet; q-config workers=1; mkdir on
      q-work --quiet -- sh -c 'touch "on/$1"; while [ ! -e "go$1" ]; do sleep 0.02; done' sh 2> err & w=$!
      until [ "$(ls on | wc -l)" = 1 ]; do sleep 0.02; done
      q-config workers=4; until [ "$(ls on | wc -l)" = 4 ]; do sleep 0.02; done
      q-config workers=1; until grep -q '1 handler at once' err; do sleep 0.02; done; touch go1 go2 go3 go4
      until [ "$(cat /proc/$w/task/*/comm | grep -c q-slot)" = 1 ]; do sleep 0.02; done
      until [ "$(ls on | wc -l)" -ge 5 ]; do sleep 0.02; done; sleep 0.3; ls on | wc -l
      touch go5 go6 go7 go8; wait $w; q-stats | grep done
      """)
    #expect(said.output == "5\ndone       8\n", "\(said)")
  }

  @Test func `output is kept of the runs that were asked for`() throws {
    let shell = try Shell()
    try shell.run("seq 2 | q-enqueue --quiet")
    let handler = "-- sh -c 'echo out $1; [ $1 = 1 ]' sh > /dev/null"
    for (which, kept) in [("failed", "0 1"), ("all", "1 1"), ("none", "0 0")] {
      try shell.run("q-work --quiet --max-attempts 1 --keep-output \(which) \(handler)")
      let said = try shell.run(
        "for i in 1 2; do q-show --json $i >&2; q-show $i | grep -c ^kept; done | xargs")
      #expect(said.output == kept + "\n", "\(which): \(said)")
      try shell.run("q-remove --all --yes; seq 2 | q-enqueue --quiet")
    }
  }

  @Test func `a worker ends with its queue, one that follows waits for the next`() throws {
    let shell = try Shell()
    let said = try shell.run(
      """
      seq 2 | q-enqueue --quiet
      q-work --quiet -j1 -- sh -c 'touch on; while [ ! -e go ]; do sleep 0.02; done' sh 2> err & w=$!
      while [ ! -e on ]; do sleep 0.02; done
      q-remove --all --force --yes --quiet; touch go; wait $w; echo $?
      q-enqueue --quiet < /dev/null
      q-work --quiet --follow -- touch & w=$!; sleep 0.2; q-remove --all --yes --quiet
      sleep 0.1; echo new | q-enqueue --quiet
      while [ ! -e new ]; do sleep 0.05; done; echo there; kill $w; wait $w
      """)
    #expect(said.output == "0\nthere\n", "\(said)")
  }
}
