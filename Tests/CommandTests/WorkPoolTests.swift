import Testing

/// Values that each handler holds alone, and machines that have enough to do.
@Suite struct WorkPoolTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue --quiet; mkdir held")
    return shell
  }

  /// Fails when somebody else holds the value.
  private static let alone =
    #"mkdir held/$1 || exit 65; sleep 0.0$(($2 % 4)); rmdir held/$1; echo $1 $2"#

  @Test func `no two handlers hold a value at once`() throws {
    let shell = try shell(60)
    let result = try shell.run(
      "q-work --quiet -j16 --pool gpu=0,1,2 -- sh -c '\(Self.alone)' sh {gpu}")
    #expect(result.status == 0, "\(result)")
    #expect(result.output.split(separator: "\n").count == 60)
    #expect(try shell.run("q-list done | wc -l").output == "60\n")
  }

  @Test func `as many at once as there are values, one that stands twice counts twice`() throws {
    let shell = try shell(4)
    // Each waits for another one of its kind.
    let line = """
      q-work --quiet --pool gpu=a,a -- sh -c 'touch held/$2; i=0
      while [ $(ls held | wc -l) -lt 2 ] && [ $i -lt 500 ]; do sleep 0.01; i=$((i + 1)); done
      [ $i -lt 500 ] && echo $1 $Q_POOL_GPU' sh {gpu}
      """
    #expect(try shell.run(line).output == String(repeating: "a a\n", count: 4))
  }

  @Test func `values of several pools go together, in turn`() throws {
    let shell = try shell(4)
    #expect(
      try shell.run("q-work --quiet -j1 --pool a=1,2 --pool b_2=x,y,z -- echo {a}{b_2}").output
        == "1x 1\n2y 2\n1z 3\n2x 4\n")
    #expect(
      try shell.run(
        "seq 5 6 | q-enqueue --quiet; q-work --quiet -j1 --pool k=v -- sh -c 'echo $Q_POOL_K' sh"
      ).output == "v\nv\n")
  }

  @Test func `values come from a file, a line each`() throws {
    let shell = try shell(3)
    let result = try shell.run(
      #"printf 'a b\n\n,c\n' > ips; q-work --quiet -j1 --pool ip=@ips -- echo "[{ip}]""#)
    #expect(result.output == "[a b] 1\n[,c] 2\n[a b] 3\n")
    let missing = try shell.run("q-work --pool ip=@none -- true")
    #expect(
      missing.status == 66
        && missing.error.hasPrefix("q-work: cannot read the values of the pool ip: "))
    #expect(try shell.run(": > none; q-work --pool ip=@none -- true").status == 64)
  }

  @Test(arguments: [
    ("--pool gpu", "is invalid for '--pool <NAME=VALUES>': it takes a name of letters"),
    ("--pool gpu=", "is invalid for '--pool <NAME=VALUES>': it takes a name of letters"),
    ("--pool 1=a", "is invalid for '--pool <NAME=VALUES>': it takes a name of letters"),
    ("--pool a=1 --pool A=2", "--pool A is there twice: name all its values at once"),
    ("--pool a=1,,2", "--pool a: a pool has 1 to 100,000 values of 1 to 4,096 bytes"),
    ("--memfree 4X", "it takes a number of bytes with K, M, G or T behind it"),
    ("--memfree 0", "it takes a number of bytes with K, M, G or T behind it"),
    ("--load 0", "--load must be more than 0: 0"), ("--load x", "it takes a number above 0"),
  ])
  func `what means nothing is refused`(options: String, words: String) throws {
    let result = try shell(1).run("q-work \(options) -- true")
    #expect(result.status == 64 && result.error.contains(words), "\(result)")
  }

  @Test func `a value rests when a handler says so, and the others go on`() throws {
    let shell = try shell(6)
    let handler = """
      sh -c 'echo $1; [ $1 = b ] && echo "rest-pool gpu 10m" >> "$Q_CONTROL"; sleep 0.05' sh {gpu}
      """
    let result = try shell.run("q-work --quiet -j2 --pool gpu=a,b -- \(handler)")
    #expect(result.status == 0 && result.output.split(separator: "\n").count { $0 == "b" } == 1)
    #expect(result.error == "q-work: gpu b rests for 10m\n")
  }

  @Test func `a value that stands twice rests for both`() throws {
    let shell = try shell(8)
    let handler = """
      sh -c 'echo $1; [ $1 = b ] || echo "rest-pool gpu 10m" >> "$Q_CONTROL"' sh {gpu}
      """
    let result = try shell.run("q-work --quiet -j1 --pool gpu=a,a,b,b -- \(handler)")
    #expect(result.status == 0 && result.output == "a\n" + String(repeating: "b\n", count: 7))
  }

  @Test func `when all rest, what is left waits, and is not given up`() throws {
    let shell = try shell(3)
    let result = try shell.run(
      #"q-work --quiet --pool k=v -- sh -c 'echo "rest-pool k 200ms" >> "$Q_CONTROL"; echo $1' sh"#)
    #expect(result.status == 0 && result.output == "1\n2\n3\n")
  }

  @Test func `a rest of a pool that is not there fails the item, and says so`() throws {
    let shell = try shell(1)
    let result = try shell.run(
      #"q-work --quiet --pool k=v -- sh -c 'echo "rest-pool x 1s" >> "$Q_CONTROL"' sh"#)
    #expect(result.status == 1)
    #expect(
      try shell.run("q-list failed --json").output.contains(
        "control: line 1: no such pool: x: q-work has k"))
    let none = try shell.run(
      #"q-retry --all --quiet; q-work --quiet -- sh -c 'echo "rest-pool x 1s" >> "$Q_CONTROL"' sh"#)
    #expect(none.status == 1)
    #expect(
      try shell.run("q-list failed --json").output.contains("q-work has none: see --pool"))
  }

  @Test func `a process that streams holds its value for as long as it lives`() throws {
    let shell = try shell(200)
    let handler = """
      sh -c 'mkdir held/$Q_POOL_GPU || exit 9; while read -r id; do echo 0; done; rmdir held/$1' sh {gpu}
      """
    #expect(try shell.run("q-work --quiet --stream -j4 --pool gpu=0,1 -- \(handler)").status == 0)
    #expect(try shell.run("q-list done | wc -l; ls held").output == "200\n")
  }

  @Test func `one's own value goes before that of a worker around it, others are handed on`() throws
  {
    let shell = try shell(1)
    let result = try shell.run(
      """
      export Q_POOL_GPU=outer Q_POOL_IP=kept
      q-work --quiet --pool gpu=inner -- sh -c 'echo $Q_POOL_GPU $Q_POOL_IP; env | grep -c Q_POOL_GPU'
      """)
    #expect(result.output == "inner kept\n1\n")
  }

  @Test func `a machine without the memory starts nothing, and a signal ends the wait`() throws {
    let shell = try shell(2)
    let result = try shell.run(
      """
      q-work --quiet --memfree 999T -- touch ran 2> said & w=$!
      for i in $(seq 500); do grep -q started said && break; sleep 0.01; done
      kill -TERM $w; wait $w; echo $?; cat said; ls ran; q-stats | head -n 1
      """)
    #expect(
      result.output.hasPrefix("143\nq-work: nothing is started: ")
        && result.output.contains("--memfree wants 1047527424\npending    2\n"), "\(result)")
  }

  @Test func `enough memory and little load hold nothing back`() throws {
    let shell = try shell(5)
    #expect(try shell.run("q-work --quiet --memfree 1M --load 10000 -- true").status == 0)
  }

  @Test func `a queue rests until a moment`() throws {
    let shell = try shell(2)
    let result = try shell.run(
      """
      until=$(date -u -d '+2 seconds' +%FT%TZ)
      q-work --quiet -j1 -- sh -c 'echo "pause until '$until'" >> "$Q_CONTROL"; date -u +%FT%TZ' sh > ran
      sed -n 2p ran | sed "s/$/ $until/"
      """)
    let moments = result.output.split(separator: "\n").last?.split(separator: " ") ?? []
    #expect(moments.count == 2 && moments[0] >= moments[1], "\(result)")
    // A time of day is the worker's own.
    let local = try shell.run(
      """
      export TZ=QT-9; seq 3 4 | q-enqueue --quiet
      q-work --quiet -j1 -- sh -c '
        if [ $1 = 4 ]; then date +%T; exit; fi
        until=$(date -d "+2 seconds" +%T); echo "pause until $until" >> "$Q_CONTROL"; echo $until' sh > ran
      echo $(cat ran)
      """)
    let times = local.output.split(separator: "\n").last?.split(separator: " ") ?? []
    // Beyond midnight the later one is the smaller one.
    #expect(
      times.count == 2 && (times[1] >= times[0] || times[0].hasPrefix("23:59")), "\(local)")
    let bad = try shell.run(
      #"echo 9 | q-enqueue --quiet; q-work --quiet -- sh -c 'echo "pause until noon" >> "$Q_CONTROL"'"#
    )
    #expect(bad.status == 1)
    #expect(
      try shell.run("q-list failed --json").output.contains(
        "control: line 1: not a time: noon: 14:30, or 2026-11-27T14:30:00Z"))
  }
}
