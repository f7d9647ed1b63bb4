import Testing

/// How q-work lets out and records what handlers write.
@Suite struct OutputTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue --quiet")
    return shell
  }

  @Test func `a line comes out as soon as it is whole`() throws {
    let shell = try shell(1)
    // The handler waits for what its first line lets happen.
    let result = try shell.run(
      """
      q-work --quiet --line-buffer -- sh -c \
        'echo first; while [ ! -e seen ]; do sleep 0.01; done; printf second' sh \
        | { read -r line; echo "got $line"; touch seen; cat; }
      """)
    #expect(result.output == "got first\nsecond\n")
  }

  @Test func `lines of several handlers never mix, however they are written`() throws {
    let shell = try shell(4)
    let handler =
      #"sh -c 'for n in 1 2 3; do printf "$1"; sleep 0.01; printf "$1"; sleep 0.01; echo "$1"; done' sh"#
    let result = try shell.run("q-work --quiet -j4 --line-buffer -- \(handler) | sort")
    #expect(result.output == "111\n111\n111\n222\n222\n222\n333\n333\n333\n444\n444\n444\n")
  }

  @Test func `a reader that goes away ends a handler whose lines nobody takes`() throws {
    let shell = try shell(1)
    let line =
      "q-work --quiet --line-buffer -- sh -c 'while :; do echo x; sleep 0.01; done' | head -1"
    let result = try shell.run(line)
    #expect(result.status == 141 && result.output == "x\n", "\(result)")
    #expect(try shell.run("q-stats | head -1").output == "pending    1\n")
  }

  @Test func `outputs come in the order of the claims, long and short, and with their errors`()
    throws
  {
    let shell = try shell(60)
    let handler =
      #"sh -c 'sleep 0.0$((37 * $1 % 10)); echo "$1"; [ $(($1 % 7)) = 0 ] && "#
      + #"head -c 90000 /dev/zero | tr "\0" . && echo; echo "e$1" >&2' sh"#
    let result = try shell.run("q-work --quiet -j8 --keep-order -- \(handler) | cut -c1-9 | uniq")
    let expected = (1...60).map { $0 % 7 == 0 ? "\($0)\n.........\n" : "\($0)\n" }.joined()
    #expect(result.output == expected)
    #expect(result.error == (1...60).map { "e\($0)\n" }.joined())
    #expect(try shell.run("q-stats | awk '$1 == \"done\"'").output == "done       60\n")
  }

  @Test func `the last output is in the order though the limit changes while it runs`() throws {
    let shell = try shell(1)
    let result = try shell.run(
      """
      q-work --quiet -k -- sh -c 'echo out; touch on; while [ ! -e go ]; do sleep 0.01; done; exit 1' sh &
      until [ -e on ]; do sleep 0.01; done
      q-config max-attempts=1 > /dev/null; sleep 0.3; touch go; wait $!
      """)
    #expect(result.output == "out\n" && result.status == 1, "\(result)")
    #expect(try shell.run("q-stats | sed -n 5p").output == "failed     1\n")
  }

  @Test func `the last output is in the order when an item is deferred once too often`() throws {
    let shell = try shell(1)
    let result = try shell.run(
      #"""
      q-work --quiet -k -- sh -c 'echo "run $(cat runs | wc -c)"; printf x >> runs; echo "defer 1ms" >> "$Q_CONTROL"; exit 75' sh
      """#)
    #expect(result.output == "run 100\n" && result.status == 1, "\(result)")
  }

  @Test func `of an item that is tried again the last run is in the order`() throws {
    let shell = try shell(3)
    let handler =
      #"sh -c 'echo "$1 at $Q_ATTEMPT"; [ "$1" != 2 ] || [ "$Q_ATTEMPT" = 3 ]' sh"#
    let result = try shell.run(
      "q-work --quiet -j1 --backoff 1ms..2ms --keep-order -- \(handler)")
    #expect(result.output == "1 at 1\n3 at 1\n2 at 3\n")
  }

  @Test func `more outputs than the window holds are claimed and let out all the same`() throws {
    let shell = try shell(1_500)
    let handler =
      "sh -c '[ $1 = 1 ] && while [ $(ls did | wc -l) -lt 700 ]; do sleep 0.05; done; : > did/$1; echo $1' sh"
    let result = try shell.run(
      "mkdir did; q-work --quiet -j4 --keep-order -- \(handler)", within: 60)
    #expect(result.output == (1...1_500).map { "\($0)\n" }.joined())
  }

  @Test func `each line is told by its item`() throws {
    let shell = try Shell()
    try shell.run("printf 'a b\nc\n' | q-enqueue --quiet")
    let result = try shell.run(
      #"q-work --quiet -j1 --tag -- sh -c 'printf "1\n\n2"; echo e >&2' sh"#)
    #expect(result.output == "a b\t1\na b\t\na b\t2\nc\t1\nc\t\nc\t2\n")
    #expect(result.error == "a b\te\nc\te\n")
  }

  @Test func `results are files that are safe for any id`() throws {
    let shell = try Shell()
    try shell.run(
      #"printf '../../etc/passwd\0a b\n\0.\0..\0\377\0%s\0' "$(printf %065000d 1)" | q-enqueue -0 --quiet"#
    )
    let line =
      #"q-work --quiet --max-attempts 1 --results res -- sh -c 'printf "%s" "$Q_ID" | head -c 20; echo no >&2; exit 4' sh > out"#
    #expect(try shell.run(line).status == 1)
    let files = try shell.run("find res -type f | sed 's/.*\\.//' | sort | uniq -c | tr -s ' '")
    #expect(files.output == " 6 err\n 6 json\n 6 out\n")
    let names = try shell.run("find res -name '*.out' | sed 's|.*/||' | cut -c1-26 | LC_ALL=C sort")
    #expect(
      names.output == """
        %2E.%2F..%2Fetc%2Fpasswd.o
        %2E..out
        %2E.out
        %FF.out
        00000000000000000000000000
        a%20b%0A.out

        """)
    #expect(
      try shell.run(#"cat res/*/*/a%20b%0A.out; cat res/*/*/a%20b%0A.err"#).output == "a b\nno\n")
    let outcome = try shell.run("cat res/*/*/a%20b%0A.json").output
    #expect(
      outcome.hasPrefix(#"{"version":1,"id":"a b\n","attempt":1,"exit":4,"timed_out":false,"#))
  }

  @Test func `results hold all of what came out line by line, and are of the last run`() throws {
    let shell = try shell(1)
    let line = """
      q-work --quiet --backoff 1ms..2ms --line-buffer --results res --sync-results -- \
        sh -c 'echo "try $Q_ATTEMPT"; head -c 100000 /dev/zero | tr "\\0" x; echo; [ $Q_ATTEMPT = 2 ]' sh
      """
    #expect(try shell.run("\(line) | md5sum > all; cut -c1-5 all").status == 0)
    #expect(
      try shell.run("head -n 1 res/*/*/1.out; wc -c < res/*/*/1.out").output == "try 2\n100007\n")
  }

  @Test func `a job log has GNU parallel's columns, a line for each run`() throws {
    let shell = try Shell()
    try shell.run("printf 'a b\nc\n' | q-enqueue --quiet")
    let line =
      #"q-work --quiet -j1 --joblog log --max-attempts 1 -- sh -c '[ "$1" = c ] && kill -9 $$; echo hi' sh"#
    #expect(try shell.run(line).status == 1)
    #expect(try shell.run("echo d | q-enqueue --quiet; \(line)").status == 0)
    let columns = try shell.run(
      "cut -f 1,2,5-8 log; cut -f 9 log | cut -c1-5 | tail -1; tail -n 1 log | grep -c ' d$'")
    #expect(
      columns.output == """
        Seq\tHost\tSend\tReceive\tExitval\tSignal
        1\t:\t0\t3\t0\t0
        2\t:\t0\t0\t0\t9
        1\t:\t0\t3\t0\t0
        sh -c
        1

        """)
  }

  @Test func `a place where nothing can be recorded is named before anything runs`() throws {
    let shell = try shell(1)
    for options in ["--joblog no/log", "--results no/res", "--results /proc/x"] {
      let result = try shell.run("q-work \(options) true")
      #expect(result.status == 73 && result.error.contains("cannot "), "\(result)")
    }
    #expect(try shell.run("q-work --sync-results true").status == 64)
    #expect(try shell.run("q-work --line-buffer -k true").status == 64)
    #expect(try shell.run("q-stats | head -1").output == "pending    1\n")
  }

  @Test func `a job log that takes no more ends the run, and the item goes back`() throws {
    let shell = try shell(3)
    let result = try shell.run("q-work --quiet -j1 --joblog /dev/full true")
    #expect(result.status == 74, "\(result)")
    #expect(try shell.run("q-stats | head -1").output == "pending    3\n")
  }
}
