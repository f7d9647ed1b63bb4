import Testing

/// Handlers that get many items a process.
@Suite struct ManyItemsTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue --quiet")
    return shell
  }

  @Test func `a run carries as many as asked for, the last one what is left`() throws {
    let shell = try shell(25)
    #expect(
      try shell.run("q-work -j1 -n 10 --quiet -- sh -c 'echo $Q_IDS $#' sh").output
        == "10 10\n10 10\n5 5\n")
  }

  @Test func `ids stand where {} does, each in a word of its own`() throws {
    let shell = try shell(3)
    #expect(
      try shell.run("q-work -j1 -n 3 --quiet -- echo a {} b --x={}.t {#} {%}").output
        == "a 1 2 3 b --x=1.t --x=2.t --x=3.t 1 1\n")
  }

  @Test func `only a run of one item has an id of its own`() throws {
    let shell = try shell(3)
    let line =
      #"q-work -j1 -n 2 --quiet -- sh -c 'echo "${Q_ID-none} ${Q_ATTEMPT-none} $Q_IDS"' sh"#
    #expect(try shell.run(line).output == "none none 2\n3 1 1\n")
  }

  @Test func `ids come on standard input, also with newlines in them`() throws {
    let shell = try shell(3)
    #expect(try shell.run("q-work -j1 -n 3 --stdin --quiet -- cat").output == "1\n2\n3\n")
    try shell.run(#"printf 'a\nb\0c\0' | q-enqueue -0 --quiet"#)
    #expect(
      try shell.run("q-work -j1 -n 3 --stdin -0 --quiet -- tr '\\n\\0' '_\\n'").output == "a_b\nc\n"
    )
    try shell.run(#"printf 'd\ne\0f\0' | q-enqueue -0 --quiet"#)
    let result = try shell.run("q-work -j1 -n 3 --stdin --quiet -- cat")
    #expect(result.status == 1 && result.output == "f\n")
    #expect(try shell.run("q-list failed --json").output.contains("contains a newline: use -0"))
  }

  @Test func `what no result names takes the exit status; what one names its own`() throws {
    let shell = try shell(6)
    let handler = """
      sh -c 'for i; do case $i in 2) echo "result 65 2";; 3) echo "result 9 3";; 4) echo "result 75 4";; \
      esac >> $Q_CONTROL; done; exit 0' sh
      """
    #expect(
      try shell.run("q-work -j1 -n 6 --quiet --no-wait --backoff 1h..1h -- \(handler)").status == 1)
    #expect(try shell.run("q-list done").output == "1\n5\n6\n")
    #expect(try shell.run("q-list failed").output == "2\n")
    #expect(try shell.run("q-list delayed | sort").output == "3\n4\n")
  }

  @Test func `a result holds where the run fails, and the others fail with it`() throws {
    let shell = try shell(3)
    let handler = #"sh -c 'echo "result 0 2" >> $Q_CONTROL; exit 65' sh"#
    #expect(try shell.run("q-work -j1 -n 3 --quiet -- \(handler)").status == 1)
    #expect(try shell.run("q-list done").output == "2\n")
    #expect(try shell.run("q-list failed").output == "1\n3\n")
  }

  @Test(arguments: [
    ("result 0 9", "control: line 1: a result for an item that this run does not carry: 9"),
    ("result x 1", "control: line 1: not an exit status: x: 0 to 255"),
    ("result 256 1", "control: line 1: not an exit status: 256: 0 to 255"),
    ("result 0", "control: line 1: a result without an id: result 0 ID"),
  ])
  func `a result that cannot be fails all of its run`(line: String, message: String) throws {
    let shell = try shell(2)
    let handler = "sh -c 'echo \"\(line)\" >> $Q_CONTROL' sh"
    #expect(try shell.run("q-work -j1 -n 2 --quiet -- \(handler)").status == 1)
    // Nothing else of it holds.
    try shell.run("echo again | q-enqueue --quiet")
    let pausing = "sh -c 'echo pause 1h >> $Q_CONTROL; echo \"\(line)\" >> $Q_CONTROL' sh"
    #expect(try shell.run("q-work -j1 -n 2 --quiet -- \(pausing)").status == 1)
    #expect(try shell.run("q-stats | grep -c paused").output == "0\n")
    try shell.run("q-remove --quiet again")
    let failed = try shell.run("q-list failed --long").output
    #expect(failed.split(separator: "\n").count == 2 && failed.contains(message))
  }

  @Test func `more ids than the system takes as arguments go to more processes`() throws {
    let shell = try Shell()
    try shell.run(
      "for i in $(seq 200); do head -c 30000 /dev/zero | tr '\\0' x; echo $i; done | q-enqueue --quiet"
    )
    let result = try shell.run("q-work -j2 -n 200 --quiet -- sh -c 'echo $#' sh")
    let counts = result.output.split(separator: "\n").compactMap { Int($0) }
    #expect(result.status == 0 && counts.reduce(0, +) == 200)
    #expect(counts.count > 1 && counts.count < 20)
  }

  @Test func `what runs leave elsewhere is of the run`() throws {
    let shell = try shell(4)
    try shell.run(
      "q-work -j1 -n 2 --tag --keep-order --joblog log --results out --quiet -- echo > said")
    #expect(try shell.run("cat said").output == "1\t1 2\n3\t3 4\n")
    #expect(
      try shell.run("tail -n +2 log | cut -f1,7,9").output == "1\t0\techo 1 2\n2\t0\techo 3 4\n")
    #expect(try shell.run("cat out/*/*/1.json").output.contains(#""ids":["1","2"]"#))
    try shell.run("seq 5 9 | q-enqueue --quiet")
    #expect(
      try shell.run("q-work -n 2 --dry-run -- echo x").output
        == "echo x 5 6\necho x 7 8\necho x 9\n")
    #expect(
      try shell.run("q-work -n 4 --stdin --dry-run wc | head -n1 | bash").output
        .split(separator: " ").prefix(2) == ["4", "4"])
  }

  @Test func `auto finds how many take about a second`() throws {
    let shell = try shell(3_000)
    let line =
      "q-work -j1 -n auto -- sh -c 'sleep $(($# / 500)).$(printf %03d $(($# % 500 * 2)))' sh"
    let result = try shell.run(line)
    #expect(result.status == 0)
    #expect(result.error.contains(" items a run: that takes about a second\n"))
    let runs = try #require(result.error.firstMatch(of: /([0-9]+) runs:/)?.1)
    // About a dozen; more on a machine that has much else to do, but never one for each.
    #expect(Int(runs) ?? 0 < 300)
  }

  @Test func `a run that is killed charges each of its items`() throws {
    let shell = try shell(3)
    #expect(
      try shell.run("q-work -j1 -n 3 --max-attempts 1 --quiet -- sh -c 'kill -9 $$' sh").status == 1
    )
    #expect(try shell.run("q-list failed --long | grep -c 'signal 9'").output == "3\n")
  }

  @Test(arguments: ["-n 2", "--stream"])
  func `none of a killed worker's items runs again while what it started lives`(
    shape: String
  ) throws {
    let shell = try shell(6)
    // The handler leaves a child that writes once a while, then the worker and the handler are killed.
    try shell.run(
      """
      cat > h.sh <<'X'
      [ -e killed ] && { echo again $(cat alive) >> log; [ "$1" = --stream ] && exec sed -u 's/.*/0/'; exit 0; }
      (while :; do date +%s%N > alive; sleep 0.02; done) > /dev/null 2>&1 &
      echo $! > child
      sleep 60
      X
      """)
    let handler = shape == "--stream" ? "sh h.sh --stream" : "sh h.sh"
    try shell.run(
      """
      q-work -j1 \(shape) --quiet -- \(handler) > /dev/null 2>&1 & w=$!
      until [ -s child ]; do sleep 0.01; done
      touch killed; kill -9 $w; wait $w
      q-work -j1 \(shape) --quiet -- \(handler)
      """)
    #expect(try shell.run("q-stats | grep done").output.contains("6"))
    // What the first run had started was dead before the second one began: its file did not change since.
    let seen = try shell.run("head -n1 log").output
    #expect(seen == (try shell.run("echo again $(cat alive)").output))
  }
}
