import Testing

/// What happens around a worker while it runs.
@Suite struct WorkerLifeTests {
  private func shell(_ items: Int) throws -> Shell {
    let shell = try Shell()
    try shell.run("seq \(items) | q-enqueue --quiet")
    return shell
  }

  @Test func `a worker whose output nobody reads can be ended`() throws {
    let shell = try shell(20)
    let line = """
      mkfifo pipe; exec 3<>pipe
      q-work -j2 --quiet -- sh -c 'head -c 300000 /dev/zero' sh > pipe 2>/dev/null & worker=$!
      until [ -s .q/runs/1 ] && q-stats | grep -q 'processing [1-9]'; do sleep 0.02; done
      while pgrep -P $worker > /dev/null; do sleep 0.02; done
      while kill $worker 2>/dev/null; do sleep 0.05; done
      wait $worker
      """
    #expect(try shell.run(line).status == 143)
    #expect(try shell.run("q-stats | sed -n 3p").output == "processing 0\n")
    #expect(try shell.run("q-check --quiet").status == 0)
  }

  @Test func `an item that its workers die over fails as poison, and the status says so`() throws {
    let shell = try shell(1)
    let line = """
      q-work --quiet -- sh -c 'kill -9 $PPID' & wait $!
      q-work --max-losses 1 true
      """
    let result = try shell.run(line)
    #expect(result.status == 1)
    #expect(result.error.contains("1 of them failed for good: too many workers died over them"))
    #expect(try shell.run("q-stats | sed -n 5p").output == "failed     1\n")
  }

  @Test func `a handler's child has its time when the worker is told twice to end`() throws {
    let shell = try shell(1)
    let line = """
      echo 'trap "sleep 0.3; echo x > cleaned; exit" TERM; echo x > on
        while :; do sleep 0.02; done' > child
      q-work --quiet -- sh -c 'sh child; true' 2> said & w=$!
      until [ -s on ]; do sleep 0.02; done
      until grep -q 'ending 1' said; do kill $w; sleep 0.1; done; wait $w
      """
    #expect(try shell.run(line).status == 143)
    #expect(try shell.run("cat cleaned; q-stats | head -n 1").output == "x\npending    1\n")
  }

  @Test func `recovery in a copy of a store leaves the handlers of the other alone`() throws {
    let shell = try shell(1)
    let line = """
      cp -a .q copy
      q-work --quiet -- sh -c 'echo x >> a; until [ -e go ]; do sleep 0.02; done' & first=$!
      until [ -s a ]; do sleep 0.02; done
      q-work --quiet -s copy -- sh -c 'echo x >> b; until [ -e go ]; do sleep 0.02; done' & second=$!
      until [ -s b ]; do sleep 0.02; done
      kill -9 $second; q-work --quiet -s copy true; q-list done -s copy --long | cut -f1,2
      touch go; wait $first; q-list done --long | cut -f1,2
      """
    #expect(try shell.run(line).output == "done      \t1\ndone      \t1\n")
  }

  @Test func `an id in a shell's program text is refused behind further options too`() throws {
    let shell = try shell(1)
    for words in ["bash -c -e 'echo {}'", "sh -ec 'echo {}'", "/bin/bash -x -c +e 'echo x{}'"] {
      #expect(try shell.run("q-work -- \(words)").status == 64)
    }
    #expect(try shell.run("q-work --quiet -- sh -c 'echo $1' sh {}").output == "1\n")
  }

  @Test func `more files than may be open at once are read one after the other`() throws {
    let shell = try Shell()
    try shell.run("mkdir in; for n in $(seq 60); do echo $n > in/$n; done")
    #expect(
      try shell.run("ulimit -n 40; q-enqueue in/*").error.hasSuffix("60 enqueued, 0 duplicates\n"))
  }

  @Test func `a terminal is not read for ids`() throws {
    let shell = try Shell()
    let result = try shell.run("script -qec 'q-enqueue' /dev/null")
    #expect(result.status == 64)
    #expect(result.output.contains("standard input is a terminal"))
  }

  @Test func `a worker in another PID namespace is refused while one works here`() throws {
    let shell = try shell(1)
    guard try shell.run("unshare -Urpf --mount-proc true").status == 0 else {
      // Without user namespaces there is no second namespace to refuse.
      return
    }
    let line = """
      q-work --quiet -- sh -c 'until [ -e go ]; do sleep 0.02; done' & worker=$!
      until q-stats | grep -q 'processing 1'; do sleep 0.02; done
      unshare -Urpf --mount-proc q-work true; echo $?
      unshare -Urpf --mount-proc q-stats >/dev/null; echo $?
      touch go; wait $worker
      """
    let result = try shell.run(line)
    #expect(result.output == "69\n69\n")
    #expect(result.error.contains("in another PID namespace"))
    #expect(try shell.run("q-stats | sed -n 4p").output == "done       1\n")
  }

  @Test func `time that a worker is stopped does not count against the time-out`() throws {
    let shell = try shell(1)
    let line = """
      q-work --timeout 2s --quiet -- sh -c 'echo start; sleep 0.6; echo end' & worker=$!
      until q-stats | grep -q 'processing 1'; do sleep 0.02; done
      sleep 0.1; kill -TSTP $worker; sleep 2.5; kill -CONT $worker; wait $worker
      """
    let result = try shell.run(line)
    #expect(result.status == 0)
    #expect(result.output == "start\nend\n")
  }

  @Test func `a worker survives that the store is busy while another one dies`() throws {
    let shell = try shell(2)
    let hold = """
      import fcntl, struct, sys, time
      f = open('.q/writer', 'r+b')
      fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 1, 0))
      print('held', flush=True)
      time.sleep(12)
      """
    try shell.run("cat > hold.py <<'END'\n\(hold)\nEND")
    let line = """
      q-work -j1 --quiet -- sh -c 'until [ -e go ]; do sleep 0.05; done; echo ran $1' sh & first=$!
      until q-stats | grep -q 'processing 1'; do sleep 0.02; done
      q-work -j1 --quiet -- sh -c 'until [ -e go ]; do sleep 0.05; done; echo ran $1' sh & second=$!
      until q-stats | grep -q 'processing 2'; do sleep 0.02; done
      python3 hold.py > held & holder=$!
      until [ -s held ]; do sleep 0.02; done
      kill -9 $second; wait $holder; touch go; wait $first
      """
    let result = try shell.run(line)
    #expect(result.status == 0)
    #expect(result.output.split(separator: "\n").sorted() == ["ran 1", "ran 2"])
  }
}
