import QueueTestKit
import Testing

/// Handlers that live on: requests in, answers out.
@Suite struct StreamTests {
  private static let handlers = "\(Shell.checkout)/fixtures/streams"

  private func shell(_ ids: String...) throws -> Shell {
    let shell = try Shell()
    try shell.run("printf '%s\\n' \(ids.joined(separator: " ")) | q-enqueue --quiet")
    return shell
  }

  private func words(_ options: String = "") -> String {
    "q-work -j1 --quiet --no-wait --backoff 1h..1h \(options) --stream -- \(Self.handlers)/words.sh"
  }

  @Test(arguments: [
    "--stream -- \(handlers)/done.sh", "--stream -- \(handlers)/lengths.sh",
    "--stream -- \(handlers)/words.sh", "--stream=json -- python3 \(handlers)/objects.py",
    "--stream -- answer-handler", "--stream=json -- answer-handler json",
  ])
  func `a handler of every kind answers for all`(command: String) throws {
    let shell = try Shell()
    let count = 3_000
    try shell.run("seq \(count) | q-enqueue --quiet")
    let result = try shell.run("q-work -j2 --quiet \(command)")
    #expect(result.status == 0 && result.output.isEmpty && result.error.isEmpty)
    #expect(try shell.run("q-stats | awk '$1==\"done\"{print $2}'").output == "\(count)\n")
  }

  @Test func `answers are judged as exit statuses are, and notes are kept`() throws {
    let shell = try shell("a", "fail1", "final1", "later1", "b")
    #expect(try shell.run(words()).status == 1)
    #expect(try shell.run("q-list done").output == "a\nb\n")
    #expect(try shell.run("q-list failed").output == "final1\n")
    #expect(try shell.run("q-list delayed | sort").output == "fail1\nlater1\n")
    #expect(try shell.run("q-list delayed --long").output.contains("it says fail1"))
  }

  @Test(arguments: [
    ("crash1", "", "exit 3"),
    ("garble1", "", "protocol: not an exit status from 0 to 255: what is this"),
    ("hang1", "--timeout 300ms --kill-after 100ms", "timed out"),
  ])
  func `the item at work is charged, the others are not`(
    id: String, options: String, message: String
  ) throws {
    let shell = try shell("a", "b", id, "c", "d")
    #expect(try shell.run(words("--max-attempts 1 \(options)")).status == 1)
    #expect(try shell.run("q-list done").output == "a\nb\nc\nd\n")
    #expect(try shell.run("q-list failed --long").output.contains(message))
    #expect(try shell.run("q-show \(id) --json").output.contains(#""attempts":1"#))
    #expect(try shell.run("q-show c --json").output.contains(#""attempts":1"#))
  }

  @Test func `an answer too many ends the process and charges nobody who was answered`() throws {
    let shell = try shell("a", "surplus1")
    let result = try shell.run(words())
    #expect(result.status == 0 && result.error.contains("protocol: an answer to no request: 0"))
    #expect(try shell.run("q-list done").output == "a\nsurplus1\n")
  }

  @Test func `an unknown token is none`() throws {
    let shell = try shell("a")
    let handler =
      #"sh -c 'while read -r l; do echo "{\"token\":\"1.000000018000000000000001.0000000000000001\",\"status\":0}"; done'"#
    try shell.run("q-work -j1 --quiet --no-wait --max-attempts 1 --stream=json -- \(handler)")
    #expect(
      try shell.run("q-list failed --long").output
        .contains("protocol: an answer to no request that waits for one"))
  }

  @Test func `an item that is answered late is known to be its run's, however many came after it`()
    throws
  {
    let shell = try Shell()
    try shell.run("(seq 50; echo late; seq 60 70059) | q-enqueue --quiet")
    try shell.run(
      #"""
      cat > h.py <<'X'
      import json, os, subprocess, sys
      again = os.path.exists("killed")
      for line in sys.stdin:
          item = json.loads(line)
          if item["id"] == "late":
              if again:
                  open("log", "a").write(open("alive").read())
              else:
                  # Closes what it inherits and leaves the group: only its environment tells whose it is.
                  subprocess.Popen(["setsid", "sh", "-c", "while :; do date +%s%N > alive; sleep 0.02; done"],
                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                  continue
          print('{"token":"%s","status":0}' % item["token"], flush=True)
      X
      q-work -j1 --quiet --stream=json -- python3 h.py & w=$!
      until [ "$(q-stats | awk '$1=="done"{print $2}')" = 70050 ]; do sleep 0.05; done
      touch killed; kill -9 $w; wait $w
      q-work -j1 --quiet --stream=json -- python3 h.py
      """#, within: 120)
    #expect(try shell.run("q-list done | grep -c late").output == "1\n")
    // What the first run had started had ended when the second one began: its file has not changed since.
    #expect(try shell.run("cmp log alive").status == 0)
  }

  @Test func `three processes in a row without an answer stop the run`() throws {
    let shell = try shell("a", "b", "c", "d")
    let result = try shell.run(
      "q-work -j1 --quiet --stream -- sh -c 'echo no such thing >&2; exit 4'")
    #expect(result.status == 126)
    #expect(
      result.error.contains(
        "3 processes in a row ended without an answer: no such thing"))
    #expect(try shell.run("q-list failed").output.isEmpty)
  }

  @Test func `objects come in any order, with payloads, notes and deferrals`() throws {
    let shell = try Shell()
    try shell.run(#"(seq 20; printf 'wait1\nx\tbad\ny\nwait2\nz\n') | q-enqueue --tsv --quiet"#)
    let result = try shell.run(
      "q-work -j1 --quiet --stream=json -- python3 \(Self.handlers)/objects.py")
    #expect(result.status == 1)
    #expect(try shell.run("q-list done | tail -n 4").output == "wait1\ny\nwait2\nz\n")
    #expect(try shell.run("q-list failed --long").output.contains("the payload of x is bad"))
    try shell.run("echo later | q-enqueue --quiet")
    let later = #"sh -c 'while read -r l; do echo "{\"status\":75,\"defer\":\"2h\"}"; done'"#
    try shell.run("q-work -j1 --quiet --no-wait --stream=json -- \(later)")
    #expect(try shell.run("q-list delayed --long").output.contains("in 1h"))
  }

  @Test func `an item that nobody answers runs out of time, however many others are answered`()
    throws
  {
    let shell = try Shell()
    try shell.run("(seq 40; echo stuck; seq 50 3000) | q-enqueue --quiet")
    try shell.run(
      #"""
      cat > h.py <<'X'
      import json, signal, sys, time
      signal.signal(signal.SIGTERM, signal.SIG_IGN)
      for line in sys.stdin:
          item = json.loads(line)
          if item["id"] == "stuck": continue
          time.sleep(0.002)
          print(json.dumps({"token": item["token"], "status": 0}), flush=True)
      X
      """#)
    let result = try shell.run(
      "q-work -j1 --quiet --timeout 2s --kill-after 100ms --max-attempts 1 --stream=json -- python3 h.py"
    )
    #expect(result.status == 1)
    #expect(try shell.run("q-list failed --long | cut -f4-").output == "timed out\tstuck\n")
    #expect(try shell.run("q-stats | grep done").output.contains("2991"))
    let charged = try shell.run("q-list done --json --limit 3000 | grep -cv '\"attempts\":1,'")
    #expect(charged.output == "0\n")
  }

  @Test func `a handler that answers only at the end of its input gets to it`() throws {
    let shell = try shell("a")
    #expect(try shell.run("q-work -j1 --quiet --stream -- awk '{print 0}'").status == 0)
    #expect(try shell.run("q-list done").output == "a\n")
  }

  @Test func `after a signal the handler answers what it has, and ends`() throws {
    let shell = try Shell()
    try shell.run("seq 5000 | q-enqueue --quiet")
    let result = try shell.run(
      """
      q-work -j1 --quiet --stream -- sh -c 'while read -r i; do sleep 0.005; echo 0; done; echo end > end' & w=$!
      until q-stats | grep -Eq '^done  *[1-9]'; do sleep 0.02; done; kill -TERM $w; wait $w
      """)
    #expect(result.status == 128 + 15)
    #expect(try shell.run("cat end").output == "end\n")
    #expect(try shell.run("q-check").status == 0)
    let counts = try shell.run("q-stats | awk '$1==\"done\"||$1==\"pending\"{s+=$2} END{print s}'")
    #expect(counts.output == "5000\n")
    #expect(
      try shell.run("q-list pending --json --limit 5000 | grep -cv '\"attempts\":0'").output
        == "0\n")
  }

  @Test func `answers of a mebibyte pass, longer ones do not`() throws {
    let shell = try shell("a")
    let long =
      "sh -c 'while read -r i; do printf \"0\\t\"; head -c 1048574 /dev/zero | tr \"\\0\" x; echo; done'"
    #expect(try shell.run("q-work -j1 --quiet --stream -- \(long)").status == 0)
    try shell.run("echo b | q-enqueue --quiet")
    let longer = long.replacing("1048574", with: "1048580")
    #expect(try shell.run("q-work -j1 --quiet --max-attempts 1 --stream -- \(longer)").status == 1)
    #expect(try shell.run("q-list failed --long").output.contains("an answer is over 1 MiB"))
  }

  @Test func `ids of every byte arrive as they are`() throws {
    let shell = try Shell()
    try shell.run(
      #"""
      python3 -c 'import sys
      for b in range(1, 256): sys.stdout.buffer.write(bytes([b, b, 65]) + b"\0")' | tee ids | q-enqueue -0 --quiet
      cat > h.py <<'X'
      import os
      out = open("seen", "ab")
      rest = b""
      while True:
          part = os.read(0, 4096)
          if not part: break
          *ids, rest = (rest + part).split(b"\0")
          for i in ids:
              out.write(i + b"\0"); out.flush(); os.write(1, b"0\n")
      X
      """#)
    #expect(try shell.run("q-work -j1 --quiet --stream -0 -- python3 h.py").status == 0)
    #expect(try shell.run("cmp ids seen").status == 0)
  }

  @Test func `standard error passes through by line, and tells why a process died`() throws {
    let shell = try shell("a")
    let handler = "sh -c 'read -r i; echo one >&2; printf two >&2; exit 1'"
    let result = try shell.run("q-work -j1 --quiet --max-attempts 1 --stream -- \(handler)")
    #expect(result.error.hasPrefix("one\ntwo\n"))
    #expect(try shell.run("q-list failed --long").output.contains("two"))
  }

  @Test func `an item that is removed by force ends the process that is at it`() throws {
    let shell = try shell("hang1", "a")
    let result = try shell.run(
      """
      q-work -j1 --quiet --stream -- sh -c 'while read -r i; do
        case $i in hang*) touch at; sleep 60 ;; esac; echo 0; done' & w=$!
      until [ -e at ]; do sleep 0.02; done
      q-remove --force --quiet hang1; wait $w
      """)
    #expect(result.status == 0)
    #expect(try shell.run("q-list done").output == "a\n")
    #expect(try shell.run("q-stats | grep total").output.contains("1"))
  }
}
